"""The paginator: the contract's samples, Laravel's windows, and what holds for every list."""

from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.dialects.messaging.paginator import GAP, Link, paginate, window

PATH = "https://api.example.com/api/v1/jobs"
NAMES = st.text("abc_ &=[]é%", min_size=1, max_size=6).filter(lambda name: name != "page")
QUERIES = st.lists(st.tuples(NAMES | st.just("page"), st.text(max_size=6)), max_size=5)


def test_the_sample_of_the_contract():
    query = [("job_type", "sms"), ("start_after", "2023-04-07"), ("page_size", "3")]
    pages = paginate(PATH, query, page=1, per_page=3, total=2404)

    def url(page: int) -> str:
        return f"{PATH}?job_type=sms&start_after=2023-04-07&page_size=3&page={page}"

    assert pages.links == [
        Link(None, "« Previous", False),
        Link(url(1), "1", True),
        *(Link(url(page), str(page), False) for page in range(2, 11)),
        Link(None, "...", False),
        Link(url(801), "801", False),
        Link(url(802), "802", False),
        Link(url(2), "Next »", False),
    ]
    assert (pages.first_url, pages.last_url) == (url(1), url(802))
    assert (pages.previous_url, pages.next_url) == (None, url(2))
    assert (pages.current, pages.last, pages.first_item, pages.last_item) == (1, 802, 1, 3)


@pytest.mark.parametrize(
    ("current", "last", "shown"),
    [
        (1, 1, [1]),
        (13, 13, [*range(1, 14)]),
        (1, 14, [*range(1, 11), GAP, 13, 14]),
        (7, 14, [*range(1, 11), GAP, 13, 14]),
        (8, 14, [1, 2, GAP, *range(5, 15)]),
        (7, 46, [*range(1, 11), GAP, 45, 46]),
        (8, 46, [1, 2, GAP, *range(5, 12), GAP, 45, 46]),
        (39, 46, [1, 2, GAP, *range(36, 43), GAP, 45, 46]),
        (40, 46, [1, 2, GAP, *range(37, 47)]),
        (46, 46, [1, 2, GAP, *range(37, 47)]),
        (99, 46, [1, 2, GAP, *range(37, 47)]),
    ],
)
def test_the_window(current, last, shown):
    assert window(current, last) == shown


def test_nothing_found():
    pages = paginate(PATH, [], page=1, per_page=10, total=0)
    assert (pages.first_item, pages.last_item, pages.last) == (None, None, 1)
    assert (pages.previous_url, pages.next_url) == (None, None)
    assert pages.links == [
        Link(None, "« Previous", False),
        Link(f"{PATH}?page=1", "1", True),
        Link(None, "Next »", False),
    ]


@given(current=st.integers(1, 400), last=st.integers(1, 300))
def test_every_window_rises_and_shows_both_ends(current, last):
    shown = window(current, last)
    numbers = [number for number in shown if number != GAP]
    assert numbers == sorted(set(numbers))
    assert {1, last} <= set(numbers) <= set(range(1, last + 1))
    assert len(numbers) <= 13
    if current <= last:
        near = range(max(1, current - 3), min(last, current + 3) + 1)
        assert set(near) <= set(numbers)
    # A gap stands exactly where numbers are left out.
    for place, number in enumerate(shown):
        if number == GAP:
            assert shown[place + 1] - shown[place - 1] > 1
    leaps = [b - a for a, b in pairwise(shown) if GAP not in (a, b)]
    assert set(leaps) <= {1}


@given(per_page=st.integers(1, 40), total=st.integers(0, 400))
def test_the_pages_cover_every_item_once(per_page, total):
    last = paginate(PATH, [], page=1, per_page=per_page, total=total).last
    covered: list[int] = []
    for page in range(1, last + 2):
        pages = paginate(PATH, [], page=page, per_page=per_page, total=total)
        if pages.first_item is not None and pages.last_item is not None:
            covered += range(pages.first_item, pages.last_item + 1)
    assert covered == [*range(1, total + 1)]


@given(query=QUERIES, page=st.integers(1, 60), total=st.integers(0, 500))
def test_addresses_keep_the_query_and_set_the_page(query, page, total):
    pages = paginate(PATH, query, page=page, per_page=10, total=total)
    kept = [(name, value) for name, value in query if name != "page"]
    for link in pages.links[1:-1]:
        if link.url is None:
            assert (link.label, link.active) == ("...", False)
            continue
        parts = urlsplit(link.url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == PATH
        assert parse_qsl(parts.query, keep_blank_values=True) == [*kept, ("page", link.label)]
        assert link.active == (link.label == str(page))
    assert pages.links[0].url == pages.previous_url
    assert pages.links[-1].url == pages.next_url
    assert (pages.previous_url is None) == (page == 1)
    assert (pages.next_url is None) == (page >= pages.last)
