"""What a page says was just done, and the button that takes it back.

A form that was done leads (303) to a page whose address says what was: `done` and what its sentence
needs, signed (../said.py). Loading that again does nothing again.
"""

from typing import NamedTuple

from markupsafe import Markup


class Undo(NamedTuple):
    """A form that takes back what was done: where it goes, and what it carries."""

    address: str
    fields: list[tuple[str, str]]


class Done(NamedTuple):
    """The sentence, and the way back where there is one."""

    said: Markup
    undo: Undo | None = None
