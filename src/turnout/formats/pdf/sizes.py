"""Sizes of paper, in millimetres."""

import enum
from typing import NamedTuple

# Points in a millimetre, and the other way round.
MM = 72 / 25.4
POINT = 1 / MM


class Sides(NamedTuple):
    """Width and height in millimetres."""

    width: float
    height: float


class PaperSize(enum.StrEnum):
    """What a printer has in its tray."""

    A4 = "A4"
    LETTER = "Letter"

    @property
    def sides(self) -> Sides:
        """Width and height."""
        return {PaperSize.A4: Sides(210, 297), PaperSize.LETTER: Sides(215.9, 279.4)}[self]
