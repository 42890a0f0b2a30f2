"""Clocks agree with `datetime`, whatever the zone and the instant."""

import datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from turnout.formats import clocks
from turnout.formats.clocks import Clock

ZONES = sorted(available_timezones())
INSTANTS = st.integers(0, 4_102_444_800_000)
HOUR_MS = 3_600_000


@given(st.sampled_from(ZONES), st.lists(INSTANTS, max_size=5))
@example("Europe/Berlin", [1_774_745_999_999, 1_774_746_000_000])
@example("Australia/Lord_Howe", [1_775_314_799_999, 1_775_314_800_000])
@example("Africa/Monrovia", [63_593_070_000, 63_593_069_999 + HOUR_MS])
def test_clocks_agree_with_datetime(name: str, instants: list[int]) -> None:
    zone = ZoneInfo(name)
    moments = [datetime.datetime.fromtimestamp(at // 1000, zone) for at in instants]
    for has_offset, expected in (
        (True, [moment.isoformat() for moment in moments]),
        (False, [str(moment)[:19] for moment in moments]),
    ):
        clock = Clock(zone, has_offset=has_offset)
        assert clock.show_all(instants) == [clock(at) for at in instants] == expected


def test_a_clock_keeps_few_quarters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "MOST_QUARTERS", 3)
    clock = Clock(ZoneInfo("UTC"), has_offset=False)
    shown = clock.show_all(number * HOUR_MS for number in range(5))
    assert shown == [f"1970-01-01 {number:02}:00:00" for number in range(5)]
    assert len(clock._quarters) <= 3
