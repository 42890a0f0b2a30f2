"""Charts of the console: what is drawn, and the figures behind."""

import re
from xml.etree import ElementTree as ET

import pytest

from turnout.web.console.charts import Bar, Flag, Part, draw_area, draw_bars, draw_stacked

HEADINGS = ("Week", "Registrations")


def shapes(svg: str, name: str, *attributes: str) -> list[tuple[str, ...]]:
    return [
        tuple(shape.attrib[one] for one in attributes)
        for shape in ET.fromstring(svg).iter(name)  # noqa: S314
    ]


def test_bars_stand_on_the_floor_and_the_figures_behind() -> None:
    bars = [Bar("4 Jan", 15, "15 in the week of 4 Jan"), Bar("11 Jan", 30, "30 <more>", True)]
    chart = draw_bars(bars, "Registrations a week", HEADINGS)
    assert shapes(chart.svg, "rect", "class", "y", "height") == [
        ("bar", "107.0", "97.0"),
        ("bar faint", "10.0", "194.0"),
    ]
    assert re.findall(r'<text class="end"[^>]*>(\d+)<', chart.svg) == ["0", "10", "20", "30"]
    assert 'role="img" aria-label="Registrations a week"' in chart.svg
    assert chart.rows == [("15 in the week of 4 Jan", "15"), ("30 <more>", "30")]
    assert "30 &lt;more&gt;" in chart.svg


def test_a_second_part_is_hatched_and_a_flag_marks_what_was_done() -> None:
    bars = [Bar("1", 10, "first", second=4), Bar("2", 5, "second")]
    chart = draw_bars(bars, "Two", ("Day", "All", "Online"), [Flag(0, "Invitation sent")])
    assert [kind for (kind,) in shapes(chart.svg, "rect", "class")] == [
        "bar",
        "bar second",
        "bar",
    ]
    assert ">Invitation sent</text>" in chart.svg
    assert chart.rows == [("first", "10", "4"), ("second", "5", "0")]


def test_bars_that_lead_on_are_links_and_the_drawing_is_a_group() -> None:
    bars = [Bar("1", 10, "10 <then>", href="?from=1&until=2"), Bar("2", 0, "none", href="?x")]
    chart = draw_bars(bars, "Days", HEADINGS)
    assert shapes(chart.svg, "a", "href", "aria-label") == [("?from=1&until=2", "10 <then>")]
    assert 'role="group" aria-label="Days"' in chart.svg


def test_what_is_both_is_half_hatched() -> None:
    parts = [Part("door", 1), Part("both", 1, is_both=True), Part("screen", 2, is_second=True)]
    chart = draw_stacked(parts, "How", ("How", "People", "Share"))
    assert shapes(chart.svg, "rect", "class", "y", "width", "height") == [
        ("bar", "0.0", "145.0", "36.0"),
        ("bar", "0.0", "145.0", "18.0"),
        ("bar second", "18.0", "145.0", "18.0"),
        ("bar second", "0.0", "290.0", "36.0"),
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 999, 1_000_001])
def test_every_count_fits(count: int) -> None:
    chart = draw_bars([Bar("a", count, "a")], "One", HEADINGS)
    ((y, height),) = shapes(chart.svg, "rect", "y", "height")
    assert float(y) >= 9.9
    assert float(y) + float(height) == pytest.approx(204, abs=0.2)


def test_an_area_has_its_ends_named_and_its_table() -> None:
    points = [("16:00", 0), ("16:30", 58), ("17:00", 20)]
    chart = draw_area(points, "At once", ("Time", "Viewers"), [Flag(1, "58 at once")])
    assert "L32 204z" in chart.svg
    assert [said for said in ("16:00", "16:30", "17:00") if f">{said}</text>" in chart.svg] == [
        "16:00",
        "16:30",
        "17:00",
    ]
    assert chart.rows == [("16:00", "0"), ("16:30", "58"), ("17:00", "20")]


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw_bars([], "None", HEADINGS).rows == []
    assert '<path class="area"' not in draw_area([], "None", HEADINGS).svg
    assert shapes(draw_stacked([Part("a", 0)], "None", HEADINGS).svg, "rect") == []


def test_parts_of_a_whole_fill_the_bar() -> None:
    parts = [Part("At the door", 75), Part("Online", 20, True), Part("Neither", 5)]
    chart = draw_stacked(parts, "Who came", ("How", "People", "Share"))
    drawn = shapes(chart.svg, "rect", "class", "width")
    assert drawn == [("bar", "435.0"), ("bar second", "116.0"), ("bar faint", "29.0")]
    assert chart.rows == [
        ("At the door", "75", "75 %"),
        ("Online", "20", "20 %"),
        ("Neither", "5", "5 %"),
    ]
