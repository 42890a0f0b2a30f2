"""Numbers of things, as addresses and fields of forms have them."""

LONGEST_NUMBER = 15


def parse_number(text: str) -> int | None:
    """The number that ASCII digits say, up to 15 of them; None for anything else, which is no
    number of ours."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else None
