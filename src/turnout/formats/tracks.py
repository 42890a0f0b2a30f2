"""The cover of an event without a picture: a track plan drawn from its number, the same for good.

Seven level tracks, switches between neighbours, stops, and one lit route that changes track three
times. Its colours are classes (`c1`, `c2`, `c3`), or those that are handed in.
"""

from functools import lru_cache
from random import Random

WIDTH, HEIGHT = 1600, 400
_TOP, _GAP, _TRACKS, _SWITCHES, _STOPS = 38, 54, 7, 9, 5
_CURVE = 160


@lru_cache(maxsize=1024)
def draw_tracks(number: int) -> str:
    """The inside of an SVG of 1600 by 400: paths and circles."""
    random = Random(number)  # noqa: S311 (a drawing is no secret)
    tracks = [
        f"M{-20 if random.random() < 0.45 else random.randrange(100, 700)} {_level(track)}H1620"
        for track in range(_TRACKS)
    ]
    switches = [_draw_switch(random) for _ in range(_SWITCHES)]
    route = _draw_route(random)
    stops = [_draw_stop(random) for _ in range(_STOPS)]
    lines = f'<path class="c1" d="{"".join([*tracks, *switches])}"/>'
    return f'{lines}<path class="c3" d="{route}"/>{"".join(stops)}'


def _level(track: int) -> int:
    return _TOP + _GAP * track


def _draw_switch(random: Random) -> str:
    track, is_down = random.randrange(1, _TRACKS - 1), random.random() < 0.5
    return f"M{random.randrange(100, 1400)} {_level(track)}{_curve(is_down=is_down)}"


def _draw_route(random: Random) -> str:
    track = random.randrange(2, _TRACKS - 2)
    path, at = f"M-20 {_level(track)}", 0
    for number in range(3):
        at = random.randrange(140 + 480 * number, 400 + 480 * number)
        is_down = random.random() < 0.5 if 0 < track < _TRACKS - 1 else track == 0
        path += f"H{at}{_curve(is_down=is_down)}"
        track += 1 if is_down else -1
    return f"{path}H1620"


def _draw_stop(random: Random) -> str:
    kind = "c2" if random.random() < 0.5 else "c1"
    track = random.randrange(1, _TRACKS - 1)
    return (
        f'<circle class="{kind} stop" cx="{random.randrange(80, 1520)}" '
        f'cy="{_level(track)}" r="11"/>'
    )


def _curve(*, is_down: bool) -> str:
    """An S-curve to the next track, 160 units long."""
    half = _GAP // 2 if is_down else -_GAP // 2
    tenth = 5 if is_down else -5
    return f"c40 0 50 {tenth} 80 {half}s40 {half} 80 {half}"
