"""What an event's page says to programs."""

import json
import re
import tomllib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.test_events import BROWSER, Fair
from turnout.core.events.cards import find_card, keep_card
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState, VenueDetails, Visibility
from turnout.core.events.programme import create_venue
from turnout.core.registrations.announcing import postpone_event, postpone_without_date
from turnout.core.registrations.places import set_event_capacity, set_event_state

TERMS = Path(__file__).parents[1] / "support/schema_org.toml"
# What search engines ask for; the vocabulary itself asks for nothing.
REQUIRED = {"Event": ("name", "startDate", "location")}


def look(site: AppClient, fair: Fair) -> str:
    return site.request("GET", fair.path, headers=BROWSER).body.decode()


def described(page: str) -> dict[str, Any]:
    """The JSON-LD, by itself: nothing in it ends its element."""
    (found,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    said: dict[str, Any] = json.loads(found)
    return said


def test_a_listed_event_is_described(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)

    def place(tx: Any) -> None:
        details = VenueDetails(53.55, 10.0, "By train")
        venue = create_venue(
            tx, fair.org_id, "Hall", timezone="UTC", city="Ulm", details=details, actor="t"
        )
        change = EventChange(venue_id=venue.id, summary="</script><b>", online_url="https://a.test")
        change_event(tx, fair.org_id, fair.event_id, change, actor="t")

    fair.db.call(place)
    page = look(site, fair)
    said = described(page)
    address = f"http://turnout.test{fair.path}"
    assert (said["@type"], said["name"], said["url"]) == ("Event", "Fair <1>", address)
    assert said["startDate"] == "2099-06-01T18:00:00+02:00"
    assert said["eventStatus"] == "https://schema.org/EventScheduled"
    assert said["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert said["location"][0]["address"] == {"@type": "PostalAddress", "addressLocality": "Ulm"}
    assert said["location"][1] == {"@type": "VirtualLocation", "url": address}
    assert [(offer["name"], offer["price"]) for offer in said["offers"]] == [
        ("General admission", "0"),
        ("Paid", "1.00"),
    ]
    assert "https://a.test" not in page
    assert "openstreetmap.org/?mlat=53.55000&amp;mlon=10.00000#map=17/53.55000/10.00000" in page
    fair.db.call(set_event_state, fair.org_id, fair.event_id, EventState.CANCELLED, actor="t")
    assert described(look(site, fair))["eventStatus"] == "https://schema.org/EventCancelled"


@pytest.mark.parametrize(
    ("venue", "online", "mode"),
    [("Hall", "", "Offline"), ("", "https://a.test", "Online"), ("", "", None)],
)
def test_where_people_attend_is_said_where_it_is_known(
    site: AppClient, node: LocalNode, venue: str, online: str, mode: str | None
) -> None:
    fair = Fair(node)

    def place(tx: Any) -> None:
        change = EventChange(online_url=online)
        if venue:
            made = create_venue(tx, fair.org_id, venue, timezone="UTC", actor="t")
            change = msgspec.structs.replace(change, venue_id=made.id)
        change_event(tx, fair.org_id, fair.event_id, change, actor="t")

    fair.db.call(place)
    said = described(look(site, fair))
    known = mode and f"https://schema.org/{mode}EventAttendanceMode"
    assert (said.get("eventAttendanceMode"), "location" in said) == (known, bool(mode))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("open", "InStock"),
        ("full", "SoldOut"),
        ("closed", "OutOfStock"),
        ("cancelled", "OutOfStock"),
        ("date open", "OutOfStock"),
    ],
)
def test_nothing_is_in_stock_where_nobody_can_register(
    site: AppClient, node: LocalNode, state: str, expected: str
) -> None:
    fair = Fair(node)
    whose = (fair.org_id, fair.event_id)
    if state == "full":
        fair.db.call(set_event_capacity, *whose, 0, actor="t")
    elif state == "date open":
        fair.db.call(postpone_without_date, *whose, is_quiet=True, actor="t")
    elif state != "open":
        fair.db.call(set_event_state, *whose, EventState(state), actor="t")
    offers = described(look(site, fair))["offers"]
    assert {offer["availability"] for offer in offers} == {f"https://schema.org/{expected}"}


def test_nothing_is_in_stock_of_an_event_that_is_over(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    then, node.clock.now = node.clock.now, fair.shown().event.ends_at
    try:
        offers = described(look(site, fair))["offers"]
    finally:
        node.clock.now = then
    assert {offer["availability"] for offer in offers} == {"https://schema.org/OutOfStock"}


def find_strangers(said: dict[str, Any], terms: dict[str, Any]) -> list[str]:
    """What is not in schema.org's vocabulary (a property of another type, a value of another type
    than the property has), or lacks what an event must say."""
    kind = said["@type"]
    known = terms["types"].get(kind, {})
    own = {name: value for name, value in said.items() if not name.startswith("@")}
    faults = [f"{kind}.{name}" for name in own if name not in known]
    own = {name: value for name, value in own.items() if name in known}
    faults += [f"{kind} lacks {name}" for name in REQUIRED.get(kind, ()) if name not in own]
    for name, value in own.items():
        wanted = known[name]
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                if not set(terms["parents"].get(part["@type"], ())) & set(wanted):
                    faults.append(f"{kind}.{name}: {part['@type']}")
                faults += find_strangers(part, terms)
            elif not any(fits(part, one, terms["members"]) for one in wanted):
                faults.append(f"{kind}.{name}: {part!r}")
    return faults


def fits(value: Any, kind: str, members: dict[str, list[str]]) -> bool:
    """Whether a value is of one of the vocabulary's types."""
    if kind in members:
        return str(value).removeprefix("https://schema.org/") in members[kind]
    if kind == "URL":
        return str(value).startswith(("https://", "http://"))
    if kind in ("date", "datetime"):
        with suppress(ValueError):
            return bool(datetime.fromisoformat(str(value)))
        return False
    if kind in ("int", "float"):
        return bool(re.fullmatch(r"\d+(\.\d+)?", str(value)))
    return kind == "str" and isinstance(value, str)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"price": "0"}, "Event.price"),
        ({"eventStatus": "https://schema.org/EventForgotten"}, "Event.eventStatus"),
        ({"startDate": "soon"}, "Event.startDate"),
        ({"organizer": {"@type": "Place", "name": "Hall"}}, "Event.organizer: Place"),
        ({"offers": [{"@type": "Offer", "cost": "1"}]}, "Offer.cost"),
        ({"location": ["a", {"@type": "Castle"}]}, "Event.location: Castle"),
    ],
)
def test_the_vocabulary_finds_what_is_not_in_it(change: dict[str, Any], fault: str) -> None:
    whole = {"@type": "Event", "name": "x", "startDate": "2099-06-01", "location": "x"}
    terms = tomllib.loads(TERMS.read_text())
    assert find_strangers(whole, terms) == []
    (found,) = find_strangers(whole | change, terms)
    assert found.startswith(fault)


@pytest.mark.parametrize("state", ["as it is", "full", "cancelled", "postponed", "date open"])
def test_the_description_is_in_the_vocabulary(site: AppClient, node: LocalNode, state: str) -> None:
    fair = Fair(node)
    whose = (fair.org_id, fair.event_id)

    def place(tx: Any) -> None:
        venue = create_venue(
            tx, fair.org_id, "Hall", timezone="UTC", city="Ulm", country_code="DE", actor="t"
        )
        change = EventChange(venue_id=venue.id, summary="All", online_url="https://a.test")
        change_event(tx, *whose, change, actor="t")
        keep_card(tx, *whose, "abc", b"png")
        if state == "full":
            set_event_capacity(tx, *whose, 0, actor="t")
        elif state == "cancelled":
            set_event_state(tx, *whose, EventState.CANCELLED, actor="t")
        elif state == "postponed":
            postpone_event(tx, *whose, "2099-09-01T18:00", is_quiet=True, actor="t")
        elif state == "date open":
            postpone_without_date(tx, *whose, is_quiet=True, actor="t")

    fair.db.call(place)
    said = described(look(site, fair))
    assert said["@context"] == "https://schema.org"
    assert find_strangers(said, tomllib.loads(TERMS.read_text())) == []


def test_the_card_is_named_once_it_is_made(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    assert "og:image" not in look(site, fair)
    fair.db.call(keep_card, fair.org_id, fair.event_id, "d1", b"PNG")
    path = f"/og/{fair.org_id}-{fair.event_id}-d1.png"
    assert f'<meta property="og:image" content="http://turnout.test{path}">' in look(site, fair)
    answer = site.request("GET", path)
    assert (answer.status, answer.body) == (200, b"PNG")
    assert answer.headers["content-type"] == "image/png"
    for wrong in (
        "/og/x.png",
        f"/og/{fair.org_id}-1-d1.png",
        f"/og/{fair.org_id}.png",
        path.replace("d1", "d2"),
        path[:-3] + "gif",
    ):
        assert site.request("GET", wrong).status == 404
    assert fair.db.call(find_card, fair.org_id, fair.event_id) == "d1"


def test_an_unlisted_event_is_kept_from_programs(site: AppClient, node: LocalNode) -> None:
    fair = Fair(node)
    fair.db.call(keep_card, fair.org_id, fair.event_id, "d1", b"PNG")
    unlisted = EventChange(visibility=Visibility.UNLISTED)
    fair.db.call(change_event, fair.org_id, fair.event_id, unlisted, actor="t")
    page = look(site, fair)
    assert '<meta name="robots" content="noindex">' in page
    assert "ld+json" not in page
    assert "og:" not in page
