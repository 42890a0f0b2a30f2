"""The contract's paginator, for any list: a pure function from numbers to links.

It is Laravel's. Fewer than 14 pages are all shown; else a window of them, with `...` where some
are left out. Addresses keep the request's own parameters in their order; `page` comes last.
"""

from urllib.parse import quote, urlencode

import msgspec

SHOWN_WHOLE = 14
NEAR_AN_END = 7
WINDOW = 10
AROUND = 3
GAP = 0


class Link(msgspec.Struct, frozen=True):
    """One link of the row below a list."""

    url: str | None
    label: str
    active: bool


class Pages(msgspec.Struct, frozen=True):
    """Where a page stands among its like; `first_item` and `last_item` count from 1."""

    current: int
    last: int
    first_url: str
    last_url: str
    previous_url: str | None
    next_url: str | None
    first_item: int | None
    last_item: int | None
    links: list[Link]


def paginate(
    path: str, query: list[tuple[str, str]], *, page: int, per_page: int, total: int
) -> Pages:
    """Describe the page `page` of `total` items, `per_page` on each.

    `path` is the list's own address, `query` are the request's parameters in their order.
    A page behind the last one has no items, and links back.
    """
    last = max(1, -(-total // per_page))
    kept = [(name, value) for name, value in query if name != "page"]

    def address(number: int) -> str:
        return f"{path}?{urlencode([*kept, ('page', number)], quote_via=quote, safe='')}"

    first_item = (page - 1) * per_page + 1
    has_items = first_item <= total
    previous_url = address(page - 1) if page > 1 else None
    next_url = address(page + 1) if page < last else None
    numbered = [
        Link(address(number), str(number), number == page) if number else Link(None, "...", False)
        for number in window(page, last)
    ]
    return Pages(
        current=page,
        last=last,
        first_url=address(1),
        last_url=address(last),
        previous_url=previous_url,
        next_url=next_url,
        first_item=first_item if has_items else None,
        last_item=min(total, page * per_page) if has_items else None,
        links=[
            Link(previous_url, "« Previous", False),
            *numbered,
            Link(next_url, "Next »", False),
        ],
    )


def window(current: int, last: int) -> list[int]:
    """The page numbers to show, GAP where some are left out."""
    if last < SHOWN_WHOLE:
        return [*range(1, last + 1)]
    if current <= NEAR_AN_END:
        return [*range(1, WINDOW + 1), GAP, last - 1, last]
    if current > last - NEAR_AN_END:
        return [1, 2, GAP, *range(last - WINDOW + 1, last + 1)]
    around = range(current - AROUND, current + AROUND + 1)
    return [1, 2, GAP, *around, GAP, last - 1, last]
