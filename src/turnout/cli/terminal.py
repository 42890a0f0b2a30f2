"""The terminal that commands write to: whatever people sent is shown, and never obeyed.

A reply, a name or a text may hold signs that move a terminal's cursor, rename its window or turn
the order of letters round. Every text passes `disarm` on its way, in lines as in tables; the
terminal's own styling is added later and stays.
"""

from typing import Any

from rich.console import Console
from rich.text import Text

from turnout.cli.disarming import disarm


class Terminal(Console):
    """A console that disarms each text before it is laid out."""

    def render_str(self, text: str, **options: Any) -> Text:
        """The text, disarmed, as it is laid out and styled."""
        return super().render_str(disarm(text), **options)
