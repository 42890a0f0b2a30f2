"""How the simulated network behaves."""

from typing import Annotated

import msgspec
from msgspec import Meta


class SimulatorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times are those of the network, not of Turnout."""

    delay_s: Annotated[
        float, Meta(ge=0, description="time until the simulator reports or replies")
    ] = 1.0
    keep_days: Annotated[
        int, Meta(ge=1, description="days that the simulator's messages are kept")
    ] = 7
