"""How well a call could be heard."""

from turnout.carriers.sip.quality import Quality, find_mos, read_quality


def test_a_call_without_loss_is_as_good_as_telephones_get() -> None:
    stats = {"rx": {"packets": 500}, "tx": {"packets": 500}, "rtcp": {}}
    assert read_quality(stats) == Quality(0, 0, 0, 0, 4.4)


def test_the_worse_direction_counts() -> None:
    stats = {
        "rx": {"packets": 900},
        "tx": {"packets": 1000},
        "jbuf": {"lost": 100},
        "rtcp": {"tx_lost": 200, "rx_jitter_us": 2500, "tx_jitter_us": 8000, "rtt_us": 40_000},
    }
    found = read_quality(stats)
    assert found is not None
    assert (found.heard_loss, found.said_loss) == (0.1, 0.2)
    assert (found.heard_jitter_ms, found.said_jitter_ms) == (2.5, 8)
    assert found.mos == find_mos(0.2, 8, 40) < find_mos(0.1, 2.5, 40)


def test_no_sound_has_no_quality() -> None:
    assert read_quality({}) is None
    assert read_quality({"rx": {"packets": 0}}) is None


def test_opinions_are_within_their_scale() -> None:
    assert find_mos(1.0, 500, 3000) == 1.0
    assert 1.0 < find_mos(0.2, 0, 0) < find_mos(0.02, 0, 0) < find_mos(0, 0, 0) < 4.5
