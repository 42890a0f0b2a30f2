"""Charts of the console as SVG, made here: counts in time as bars, how many at once as an area,
parts of a whole as one stacked bar. No script and no inline style: colours and type are the style
sheet's (`.chart`), lengths are attributes.

Every chart has a sentence that says what it shows (its label), and a table with its figures stands
behind it (`components/chart.html`). A bar that is not over yet is grey; a flag marks what was done.
There are no pies, and no curve goes through counts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from turnout.web.console.figures import say_number

WIDTH, HEIGHT = 580, 230
LEFT, FLOOR, TOP, FLAGS = 32, 204, 10, 38
LINES = 3
# So many names fit below.
NAMES = 7
BAR_SHARE = 0.64


class Bar(NamedTuple):
    """A count of a stretch of time: what stands below it, what it says when pointed at; `second` of
    it is hatched, `is_faint`: the stretch is not over. It leads to `href` where there is one."""

    name: str
    total: int
    title: str
    is_faint: bool = False
    second: int = 0
    href: str = ""


class Flag(NamedTuple):
    """What was done at a place of the chart, by the number of the bar or point."""

    place: int
    text: str


class Part(NamedTuple):
    """A part of a whole; `is_second`: it is hatched, with `is_both` the lower half of it."""

    name: str
    total: int
    is_second: bool = False
    is_both: bool = False


class Chart(NamedTuple):
    """A drawing, the sentence that says what it shows, and its figures as a table."""

    svg: Markup
    label: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def draw_bars(
    bars: Sequence[Bar], label: str, headings: tuple[str, ...], flags: Sequence[Flag] = ()
) -> Chart:
    """Bars in time, the first one left; `headings` are those of the table."""
    top = FLAGS if flags else TOP
    scale = _Scale(max((bar.total for bar in bars), default=0), top)
    step = (WIDTH - LEFT) / max(1, len(bars))
    every = -(-len(bars) // NAMES) if bars else 1
    parts = [scale.grid()]
    for number, bar in enumerate(bars):
        middle = LEFT + (number + 0.5) * step
        parts.append(_bar(bar, middle - step * BAR_SHARE / 2, step * BAR_SHARE, scale))
        if number % every == 0:
            parts.append(_text(middle, HEIGHT - 8, bar.name, "mid"))
    places = [LEFT + (flag.place + 0.5) * step for flag in flags]
    heights = [scale.y(bars[flag.place].total) for flag in flags]
    parts += [_flag(x, y, flag.text) for x, y, flag in zip(places, heights, flags, strict=True)]
    has_second = any(bar.second for bar in bars)
    rows = [
        (bar.title, say_number(bar.total), *([say_number(bar.second)] if has_second else []))
        for bar in bars
    ]
    role = "group" if any(bar.href for bar in bars) else "img"
    return Chart(_svg(HEIGHT, label, parts, role=role), label, headings, rows)


def draw_area(
    points: Sequence[tuple[str, int]],
    label: str,
    headings: tuple[str, ...],
    flags: Sequence[Flag] = (),
) -> Chart:
    """How many at once: a name and a count for each moment, evenly spaced."""
    top = FLAGS if flags else TOP
    scale = _Scale(max((count for _, count in points), default=0), top)
    across = (WIDTH - LEFT) / max(1, len(points) - 1)
    places = [LEFT + number * across for number in range(len(points))]
    line = "L".join(
        f"{x:.0f} {scale.y(count):.0f}" for x, (_, count) in zip(places, points, strict=True)
    )
    parts = [scale.grid()]
    if points:
        ends = f"L{places[-1]:.0f} {FLOOR}L{LEFT} {FLOOR}z"
        parts.append(Markup('<path class="area" d="M{}{}"/>').format(line, ends))
        parts.append(Markup('<path class="curve" d="M{}"/>').format(line))
    every = -(-len(points) // NAMES) if points else 1
    for number in range(0, len(points), every):
        kind = "" if number == 0 else "end" if number == len(points) - 1 else "mid"
        parts.append(_text(places[number], HEIGHT - 8, points[number][0], kind))
    parts += [
        _flag(places[flag.place], scale.y(points[flag.place][1]), flag.text) for flag in flags
    ]
    rows = [(name, say_number(count)) for name, count in points]
    return Chart(_svg(HEIGHT, label, parts), label, headings, rows)


def draw_stacked(parts: Sequence[Part], label: str, headings: tuple[str, ...]) -> Chart:
    """Parts of a whole in one bar, in their order."""
    whole = sum(part.total for part in parts) or 1
    drawn, x = [], 0.0
    for number, part in enumerate(parts):
        width = WIDTH * part.total / whole
        kind = "bar second" if part.is_second else "bar faint" if number > 1 else "bar"
        title = f"{part.name}: {say_number(part.total)}"
        if width and part.is_both:
            drawn.append(_rect(x, 0, width, 18, "bar", title))
            drawn.append(_rect(x, 18, width, 18, "bar second", title))
        elif width:
            drawn.append(_rect(x, 0, width, 36, kind, title))
        x += width
    svg = _svg(36, label, drawn, "chart stacked")
    rows = [
        (part.name, say_number(part.total), f"{100 * part.total / whole:.0f} %") for part in parts
    ]
    return Chart(svg, label, headings, rows)


class _Scale:
    """Where a count stands, from the floor up to `top`."""

    def __init__(self, limit: int, top: int) -> None:
        self._step = _round_up(max(1, -(-limit // LINES)))
        self._top = top
        self._limit = self._step * max(1, -(-limit // self._step))

    def y(self, count: float) -> float:
        """The height of a count."""
        return FLOOR - (FLOOR - self._top) * count / self._limit

    def grid(self) -> Markup:
        """The floor and the lines, with their counts."""
        return Markup().join(
            Markup('<path class="{}" d="M{} {:.1f}H{}"/>').format(
                "grid" if count else "base", LEFT, self.y(count), WIDTH
            )
            + _text(LEFT - 7, self.y(count) + 4, say_number(count), "end")
            for count in range(0, self._limit + 1, self._step)
        )


def _round_up(step: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size: int = 10 ** (len(str(step)) - 1)
    return next(size * factor for factor in (1, 2, 5, 10) if size * factor >= step)


def _bar(bar: Bar, x: float, width: float, scale: _Scale) -> Markup:
    first = bar.total - bar.second
    kind = "bar faint" if bar.is_faint else "bar"
    drawn = _rect(x, scale.y(first), width, FLOOR - scale.y(first), kind, bar.title)
    if bar.second:
        top, bottom = scale.y(bar.total), scale.y(first)
        drawn += _rect(x, top, width, bottom - top, "bar second", bar.title)
    if bar.href and bar.total:
        return Markup('<a href="{}" aria-label="{}">{}</a>').format(bar.href, bar.title, drawn)
    return drawn


def _rect(x: float, y: float, width: float, height: float, kind: str, title: str) -> Markup:
    return Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">'
        "<title>{}</title></rect>"
    ).format(kind, x, y, width, height, title)


def _text(x: float, y: float, said: str, kind: str = "") -> Markup:
    named = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<text{} x="{:.1f}" y="{:.1f}">{}</text>').format(named, x, y, said)


def _flag(x: float, y: float, said: str) -> Markup:
    """A dashed pole with a lamp above the drawing; late ones have their words on the left."""
    is_late = x > WIDTH * 0.7
    words = _text(x - 9 if is_late else x + 9, 26, said, "strong end" if is_late else "strong")
    return (
        Markup('<path class="flag" d="M{:.1f} 22V{:.1f}"/>').format(x, y)
        + Markup('<circle class="dot" cx="{:.1f}" cy="22" r="4"/>').format(x)
        + words
    )


def _svg(
    height: int,
    label: str,
    parts: Sequence[Markup],
    kind: str = "chart wide",
    role: str = "img",
) -> Markup:
    """The drawing. The pattern of what is hatched stands in console/base.html, once a page. What is
    led to from within a picture cannot be read out: a drawing with links is a group of them."""
    stretched = Markup(' preserveAspectRatio="none"') if "stacked" in kind else ""
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" role="{}" aria-label="{}"{}>{}</svg>'
    ).format(kind, WIDTH, height, role, label, stretched, Markup().join(parts))
