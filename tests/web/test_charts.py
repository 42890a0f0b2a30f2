"""Charts: well-formed SVG that is true to its figures."""

from xml.etree import ElementTree

import pytest

from turnout.web.charts import WIDTH, bar_chart, line_chart


def read(chart: str) -> ElementTree.Element:
    return ElementTree.fromstring(chart)  # noqa: S314 - it is our own


def test_bars_are_as_long_as_their_counts():
    rows = [("<a & b>", 40), ("half", 20), ("none", 0), ("a name that is much too long for it", 1)]
    chart = read(bar_chart(rows))
    lengths = [float(bar.get("width", "")) for bar in chart.iter("rect")]
    assert [round(length / lengths[0], 3) for length in lengths] == [1, 0.5, 0, 0.025]
    texts = [text.text for text in chart.iter("text")]
    assert texts[::2] == ["<a & b>", "half", "none", "a name that is much t…"]
    assert texts[1::2] == ["40", "20", "0", "1"]


@pytest.mark.parametrize("values", [[], [0], [5], [0, 3, 7, 2], list(range(120))])
def test_a_line_stays_inside_and_reaches_its_height(values):
    chart = read(line_chart(values, 2))
    (line,) = chart.iter("polyline")
    points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
    assert len(points) == len(values)
    assert all(0 <= x <= WIDTH and 0 <= y <= 220 for x, y in points)
    if len(values) > 1:
        assert min(y for _, y in points) == points[values.index(max(values))][1] == 8


def test_nothing_is_drawn_for_nothing():
    assert list(read(bar_chart([])).iter("rect")) == []
