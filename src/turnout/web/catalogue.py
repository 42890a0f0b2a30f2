"""What the pages say of the APIs."""

from typing import NamedTuple


class Api(NamedTuple):
    """One API; `is_ready` False means that this version does not serve it yet."""

    name: str
    title: str
    base_path: str
    summary: str
    is_ready: bool
