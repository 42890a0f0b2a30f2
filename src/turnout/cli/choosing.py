"""The settings of this process. Apart from the app, since a server asks for nothing else of it."""

import logging
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from turnout.settings import Settings


def settings(**overrides: Any) -> "Settings":
    """The settings of this process; `overrides` (None = not given) win."""
    import structlog

    from turnout.carriers import networks

    # A command says by its own line what failed; those that serve set their log up.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return networks.load(os.environ, **overrides)
