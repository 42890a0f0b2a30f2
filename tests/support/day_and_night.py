"""Pages by day and by night: each once in `make test`, in both by the full form of a proof."""

import pytest

from tests.support import proof

SCHEMES = ("light", "dark")


def list_schemes(turn: int = 0) -> tuple[str, ...]:
    """Both in a full run, else one: that of even turns is light, that of odd ones dark."""
    return proof.scale(SCHEMES[turn % 2 :][:1], SCHEMES)


def in_schemes(turn: int = 0) -> pytest.MarkDecorator:
    """Gives the fixture `tab` the schemes of a turn, one after the other."""
    return pytest.mark.parametrize("tab", list_schemes(turn), indirect=True, scope="module")


def is_looked_at(turn: int, scheme: str) -> bool:
    """Whether the page of a turn is looked at in this scheme."""
    return scheme in list_schemes(turn)
