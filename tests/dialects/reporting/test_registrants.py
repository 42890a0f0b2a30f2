"""Some registrants as text: what is made of them holds nothing of them."""

import sys
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from turnout.core.audience.reports import Registrants
from turnout.core.ids import RegistrationId
from turnout.dialects.reporting.registrants import to_json, to_xml
from turnout.formats.clocks import Clock


@pytest.mark.parametrize("make", [to_json, to_xml])
def test_report_lets_go_of_its_rows(make: Callable[[Registrants, Clock], object]) -> None:
    # A report of 100,000 once left 235 MB behind in the server.
    texts = ("",)
    viewings = [[("live", 0, 1000), ("od", 2000, 3000), ("live", 4000, 5000)]]
    lists: list[Any] = [[[("a", "b")]], viewings, [[]], [[]]]
    some = Registrants._make([(RegistrationId(1),), *[texts] * 7, (0,), texts, *lists])
    clock = Clock(ZoneInfo("GMT"), has_offset=False)
    held = sys.getrefcount(viewings)
    make(some, clock)
    assert sys.getrefcount(viewings) == held
