"""The drawn cover: the same for good, and small."""

from xml.etree import ElementTree as Xml

from turnout.formats.tracks import draw_tracks


def test_a_number_has_one_drawing() -> None:
    drawn = draw_tracks(1000001)
    draw_tracks.cache_clear()
    assert draw_tracks(1000001) == drawn
    assert len({draw_tracks(number) for number in range(1000001, 1000051)}) == 50


def test_it_is_small_sound_and_has_one_lit_route() -> None:
    for number in range(1000001, 1000051):
        drawn = Xml.fromstring(f"<svg>{draw_tracks(number)}</svg>")  # noqa: S314
        assert len(draw_tracks(number)) < 2500
        assert [path.get("class") for path in drawn.iter("path")].count("c3") == 1
        levels = [float(stop.get("cy", "")) for stop in drawn.iter("circle")]
        assert (len(levels), min(levels) > 0, max(levels) < 400) == (5, True, True)
