"""Charts as SVG, made here: no script, no inline style; every figure is in a table beside them.

Colours and type are the style sheet's (`.chart`). Numbers in a chart are marks, not text to read
out: it is hidden from screen readers, which have the table.
"""

from collections.abc import Sequence

from markupsafe import Markup, escape

# Narrow, so that on a phone its letters are large enough to read.
WIDTH = 440
BAR, GAP, NAMES = 22, 8, 164
LONGEST_NAME = 22
HEIGHT, LEFT, BOTTOM, TOP = 200, 44, 24, 8
LINES = 4


def bar_chart(rows: Sequence[tuple[str, int]]) -> Markup:
    """Horizontal bars, one for each name and count, in their order."""
    limit = max((count for _, count in rows), default=0) or 1
    height = len(rows) * (BAR + GAP) + GAP
    room = WIDTH - NAMES - 60
    parts = []
    for number, (name, count) in enumerate(rows):
        y = GAP + number * (BAR + GAP)
        length = round(room * count / limit, 1)
        parts.append(
            f'<text class="name" x="{NAMES - 8}" y="{y + 16}">{escape(_short(name))}</text>'
            f'<rect class="bar" x="{NAMES}" y="{y}" width="{length}" height="{BAR}"/>'
            f'<text class="count" x="{NAMES + length + 6}" y="{y + 16}">{count:,}</text>'
        )
    return _svg(height, "".join(parts))


def line_chart(values: Sequence[int], step_minutes: float) -> Markup:
    """A line of counts, evenly spaced by so many minutes, from the first one at 0."""
    limit = max(values, default=0) or 1
    room, floor = WIDTH - LEFT - 12, HEIGHT - BOTTOM
    across = room / max(1, len(values) - 1)

    def y_of(value: float) -> float:
        return round(floor - (floor - TOP) * value / limit, 1)

    points = [f"{LEFT + number * across:.1f},{y_of(value)}" for number, value in enumerate(values)]
    area = f"{LEFT},{floor} {' '.join(points)} {LEFT + room},{floor}"
    parts = [
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 12}" y1="{y_of(tick)}" y2="{y_of(tick)}"/>'
        f'<text class="count left" x="{LEFT - 6}" y="{y_of(tick) + 5}">{tick:,}</text>'
        for tick in _ticks(limit)
    ]
    parts.append(f'<polygon class="area" points="{area}"/>')
    parts.append(f'<polyline class="line" points="{" ".join(points)}"/>')
    for part in range(LINES + 1):
        minutes = round((len(values) - 1) * step_minutes * part / LINES)
        x = LEFT + room * part / LINES
        parts.append(f'<text class="name middle" x="{x:.1f}" y="{HEIGHT - 4}">{minutes}</text>')
    return _svg(HEIGHT, "".join(parts))


def _ticks(limit: int) -> list[int]:
    """Whole numbers from 0 to the largest value, a few of them."""
    step = max(1, -(-limit // LINES))
    return [*range(0, limit, step), limit] if limit % step else list(range(0, limit + 1, step))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _svg(height: int, content: str) -> Markup:
    head = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" aria-hidden="true" focusable="false">'
    )
    return Markup(f"{head}{content}</svg>")  # noqa: S704 - numbers, and names that are escaped
