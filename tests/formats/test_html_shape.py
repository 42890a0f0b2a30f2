"""HTML that is nested without end loses its tags before a parser reads it."""

import pytest

from turnout.formats.html_shape import DEPTH, tame


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * DEPTH,
        "<div>a</div>" * 10_000,
        "<p>a<li>b<td>c<br>" * 1000,
        "<table><tr><td>" * 100,
        "<br>" * 100_000,
        "<!-- " + "<div>" * 1000 + " -->a",
        "1 < 2 > 3",
    ],
    ids=range(7),
)
def test_what_people_write_stays_as_it_is(source: str) -> None:
    assert tame(source) == source


@pytest.mark.parametrize(
    "source",
    ["<div>" * (DEPTH + 1), "<UL><li>" * 1000, "<div></b>" * 1000, "<div><!-- </div> -->" * 1000],
    ids=range(4),
)
def test_what_is_nested_without_end_goes_without_tags(source: str) -> None:
    assert tame(f"a{source}b").split() == ["a", "b"]
