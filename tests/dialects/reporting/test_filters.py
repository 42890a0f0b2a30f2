"""Every filter alone and in pairs, against a model that is slow and obvious; and the three forms of
a report, which say the same."""

import csv
import datetime
import io
import itertools
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from tests.core.audience.theatre import DAY, SHOW
from tests.dialects.messaging.people import PASSWORD
from tests.dialects.reporting.house import REPORT, SESSION, House
from tests.support import proof
from tests.support.node import START
from turnout.core.audience.readers import SESSION_MS

# Who is in the house: domain, tag, day of registration, and what they watched, by mode and day.
PEOPLE: dict[str, dict[str, Any]] = {
    "a": {"domain": "one.example", "tag": "mail", "day": 0, "watched": {("live", 9), ("od", 12)}},
    "b": {"domain": "one.example", "tag": "ads", "day": 1, "watched": {("live", 9)}},
    "c": {"domain": "two.example", "tag": "", "day": 2, "watched": {("simlive", 9)}},
    "d": {"domain": "two.example", "tag": "mail", "day": 3, "watched": {("od", 10)}},
    "e": {
        "domain": "three.example",
        "tag": "ads",
        "day": 3,
        "watched": {("simlive", 9), ("live", 9)},
    },
    "f": {"domain": "sub.one.example", "tag": "", "day": 4, "watched": set()},
    "g": {"domain": "three.example", "tag": "mail", "day": 5, "watched": set()},
    "h": {"domain": "two.example", "tag": "", "day": 6, "watched": set()},
}
ASKED, ANSWERED = set("af"), set("adg")
FIRST_DAY = datetime.date(2027, 1, 1)


def day(number: int) -> str:
    return (FIRST_DAY + datetime.timedelta(days=number)).strftime("%m/%d/%Y")


FILTERS: list[dict[str, str]] = [
    {},
    {"date_range_start": day(3)},
    {"date_range_end": day(3)},
    {"date_range_start": day(3), "date_range_end": day(9)},
    {"date_range_start": day(12), "date_range_end": day(12)},
    {"date_range_start": day(3), "date_range_end": day(9), "dr_sessions": "off"},
    {"date_range_start": day(3), "date_range_end": day(9), "dr_regs": "off"},
    {"date_range_start": day(3), "dr_regs": "off", "dr_sessions": "OFF"},
    {"dr_regs": "off"},
    {"sti_filter": "mail"},
    {"sti_filter": "ads|nothing| mail "},
    {"incl_domain": "one.example"},
    {"incl_domain": "TWO.example|three.example"},
    {"excl_domain": "one.example|two.example"},
    {"users_qa": "on"},
    {"user_survey": "on"},
    {"users_qa": "off", "user_survey": "off"},
    {"live_viewers": "on"},
    {"od_viewers": "on"},
    {"simlive_viewers": "on"},
    {"no_shows": "on"},
    {"live_viewers": "on", "no_shows": "on"},
    {"od_viewers": "on", "simlive_viewers": "on", "live_viewers": "off"},
]


def expected(given: dict[str, str]) -> list[str]:
    return [letter for letter in PEOPLE if keeps(letter, given)]


def keeps(letter: str, given: dict[str, str]) -> bool:
    """Whether a report with these parameters has that registrant."""
    who = PEOPLE[letter]
    only, others = values(given, "incl_domain"), values(given, "excl_domain")
    tags = values(given, "sti_filter")
    return (
        in_range(who, given)
        and (not tags or who["tag"] in tags)
        and (not only or who["domain"] in only)
        and who["domain"] not in others
        and (not on(given, "users_qa") or letter in ASKED)
        and (not on(given, "user_survey") or letter in ANSWERED)
        and has_mode(who, given)
    )


def on(given: dict[str, str], name: str, otherwise: str = "off") -> bool:
    return given.get(name, otherwise).lower() == "on"


def values(given: dict[str, str], name: str) -> set[str]:
    return {each.strip().lower() for each in given.get(name, "").split("|")} - {""}


def in_range(who: dict[str, Any], given: dict[str, str]) -> bool:
    start, end = given.get("date_range_start"), given.get("date_range_end")
    by_registration, by_viewing = on(given, "dr_regs", "on"), on(given, "dr_sessions", "on")
    if not (start or end) or not (by_registration or by_viewing):
        return True
    low = days_of(start) if start else -1000
    high = days_of(end) if end else 1000
    registered = by_registration and low <= who["day"] <= high
    return registered or (by_viewing and any(low <= at <= high for _, at in who["watched"]))


def has_mode(who: dict[str, Any], given: dict[str, str]) -> bool:
    modes = {mode for mode, _ in who["watched"]}
    chosen = {mode for mode in ("live", "od", "simlive") if on(given, f"{mode}_viewers")}
    if not chosen and not on(given, "no_shows"):
        return True
    return bool(modes & chosen) or (on(given, "no_shows") and not modes)


def days_of(text: str) -> int:
    month, day_, year = map(int, text.split("/"))
    return (datetime.date(year, month, day_) - FIRST_DAY).days


def letters(house: House, **given: str) -> list[str]:
    found = house.report("/json", **given).json()["convey_api"]["result"]["success"]
    return [each["email"][0] for each in found["attendee_list"]["attendee"]]


@pytest.mark.proof
def test_every_filter_alone_and_in_pairs_is_as_in_the_model(house: House) -> None:
    pairs = list(itertools.combinations(FILTERS, 2))
    dice = proof.random_for("filters of reports")
    chosen = dice.sample(pairs, proof.scale(60, len(pairs)))
    asked = 0
    for given in [*FILTERS, *({**left, **right} for left, right in chosen)]:
        if {"incl_domain", "excl_domain"} <= set(given):
            continue
        assert letters(house, **given) == expected(given), given
        asked += 1
    proof.report("filters of reports", backend=house.db.backend, reports=asked, seed=proof.seed())


def test_the_days_of_a_range_are_those_of_the_zone(house: House) -> None:
    # b registered on 2 January at 09:00 UTC, which is the evening before on Hawaii.
    given = {"date_range_start": day(0), "date_range_end": day(0), "dr_sessions": "off"}
    assert letters(house, **given) == ["a"]
    assert letters(house, tz="Pacific/Honolulu", **given) == ["b"]


def test_all_forms_of_a_report_say_the_same(house: House) -> None:
    success = house.report("/json").json()["convey_api"]["result"]["success"]
    attendees = success["attendee_list"]["attendee"]
    tree = fromstring(house.report().body)
    elements = tree.findall("result/success/attendee_list/attendee")
    rows = list(csv.DictReader(io.StringIO(house.report("/csv").body.decode(), newline="")))
    assert len(attendees) == len(elements) == len(rows) == 8
    for attendee, element, row in zip(attendees, elements, rows, strict=True):
        own = {name: value for name, value in attendee.items() if isinstance(value, str)}
        assert len(own) == 10
        # What XML cannot hold is a replacement character there; what CSV would run is defused.
        assert dict(element.attrib) == {
            name: value.replace("\x01", "\ufffd") for name, value in own.items()
        }
        assert {name: row[name].removeprefix("'") for name in own} == own
        for mode in ("live", "simlive", "od"):
            views = attendee["session"].get(f"{mode}_sessions_list", {}).get(f"{mode}_session", [])
            found = element.findall(f"session/{mode}_sessions_list/{mode}_session")
            assert [dict(each.attrib) for each in found] == views
            assert int(row[f"{mode}_duration"]) == sum(int(each["duration"]) for each in views)
        for name, column in (("general_qa", "questions_asked"), ("survey_qa", "surveys_answered")):
            pairs = [(each["question"], each["answer"]) for each in attendee[name]["qa"]]
            assert [
                (each.findtext("question"), each.findtext("answer"))
                for each in element.findall(f"{name}/qa")
            ] == pairs
            assert int(row[column]) == len(pairs)
        for each in attendee["custom_registration_qa"]["qa"]:
            assert row[each["question"]].removeprefix("'") == each["answer"]
    assert rows[2]["fname"] == "'=SUM(1)"
    assert rows[0]["Diet; or <none>?"] == "'-1+2"
    assert (rows[0]["live_duration"], rows[0]["od_duration"]) == ("2430", "300")


def test_a_session_lives_an_hour_from_its_last_use(house: House) -> None:
    clock = house.node.clock
    for _ in range(3):
        clock.now += SESSION_MS - 60_001
        assert house.ask(REPORT).send(house.node).status == 200
    clock.now += SESSION_MS
    answer = house.ask(f"{REPORT}/json").send(house.node)
    assert answer.status == 401
    assert answer.json()["convey_api"]["result"]["returnCode"] == -2


@pytest.mark.parametrize("name", ["th/boss", "TH/Boss", "boss@theatre.example.com"])
def test_signing_in_opens_a_session(house: House, name: str) -> None:
    answer = house.login("/json", username=name).send(house.node)
    success = answer.json()["convey_api"]["result"]["success"]
    session, user = success["sessionid"]["value"], success["userid"]["value"]
    assert user == house.ids["boss"]
    assert (len(session), session != SESSION) == (40, True)
    listed = house.ask("/api/reporting/eventlist", si=session).send(house.node)
    assert listed.status == 200
    assert house.login(ver="").send(house.node).status == 200


def test_too_many_wrong_passwords_are_throttled(house: House) -> None:
    statuses = [house.login(password=f"{n}").send(house.node).status for n in range(11)]
    assert statuses == [401] * 10 + [429]
    assert house.login(password=PASSWORD).send(house.node).status == 429


def test_times_of_the_model_are_those_of_the_house() -> None:
    assert (SHOW - START) // DAY == 9
