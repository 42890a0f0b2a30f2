"""What stands above each page."""

from datetime import UTC, datetime

import pytest

from turnout.carriers.sip_fax.pages import PAGE_437, spell, to_posix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Open Räil Ñandú", "Open Räil Ñandú"),
        ("Łódź \u2013 Čapek\u2019s", "?ódz - Capek-s"),
        ("Ra\u0308il\n1", "Räil?1"),
        ("会议", "??"),
    ],
)
def test_a_header_has_letters_that_fax_machines_have(text: str, expected: str) -> None:
    assert spell(text) == expected
    assert spell(text).encode(PAGE_437)


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("UTC", "LOC-00:00"),
        ("Australia/Adelaide", "LOC-10:30"),
        ("America/New_York", "LOC+05:00"),
    ],
)
def test_a_zone_counts_the_other_way_round(timezone: str, expected: str) -> None:
    assert to_posix(timezone, datetime(2027, 1, 15, tzinfo=UTC)) == expected
