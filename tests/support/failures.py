"""What a verb refuses: the kind, its code and its facts, whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from turnout.errors import Failure


@contextmanager
def refuses(kind: type[Failure], code: str, /, **facts: Any) -> Iterator[None]:
    """The block must raise that kind with that code and exactly those facts, and the catalogue must
    have a sentence for it."""
    with pytest.raises(kind) as caught:
        yield
    assert (caught.value.code, caught.value.facts) == (code, facts)
    assert caught.value.message != f"{code}."
