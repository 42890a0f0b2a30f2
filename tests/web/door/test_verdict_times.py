"""How quickly a phone at the door says what to do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import proof
from tests.support.chromium import open_browser
from tests.web.door.gate import Hall
from tests.web.door.test_phones import SCAN_ALL, cut, open_phone

TOOK = "performance.getEntriesByName('verdict').map((one) => one.duration)"
ROUND_TRIPS = """async () => {
  const took = [];
  for (let number = 0; number < 50; number++) {
    const start = performance.now();
    await (await fetch("/healthz", { cache: "no-store" })).text();
    took.push(performance.now() - start);
  }
  return took;
}"""
VERDICT_MS = 100


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.mark.proof
@pytest.mark.timed
def test_the_verdict_is_there_at_once(browser: Browser, server) -> None:
    """The 95th percentile of 50 scans, with a network and without, beside round trips to the same
    server."""
    hall = Hall(server, 100)
    phone = open_phone(browser, hall, "Quick phone")
    trip = percentile(phone.evaluate(ROUND_TRIPS))
    phone.evaluate(SCAN_ALL, hall.texts[:50])
    online = percentile(phone.evaluate(TOOK))
    cut(phone.context, phone)
    phone.evaluate("performance.clearMeasures()")
    phone.evaluate(SCAN_ALL, hall.texts[50:])
    offline = percentile(phone.evaluate(TOOK))
    phone.context.close()
    assert online < VERDICT_MS + trip
    assert offline < VERDICT_MS + trip
    proof.report(
        "verdicts at the door",
        online_ms=round(online),
        offline_ms=round(offline),
        round_trip_ms=round(trip),
    )


def percentile(took: list[float]) -> float:
    """The 95th of a hundred."""
    return sorted(took)[int(len(took) * 0.95)]
