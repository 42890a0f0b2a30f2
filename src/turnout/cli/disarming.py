"""Text as a terminal shows it, and never obeys it. Loads no library."""

import re

SHOWN = "\ufffd"
"""What stands for a sign that a terminal would obey."""

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def disarm(text: str) -> str:
    """The text with SHOWN for each control but line feed and tab, and for each mark that turns the
    direction of writing; a line end of two signs is one."""
    if text.isprintable():
        return text
    return _OBEYED.sub(SHOWN, text.replace("\r\n", "\n"))
