"""The demo's audience: a webcast that is over, its viewers of every kind, and who reads of it."""

import datetime
import random
from typing import Any
from zoneinfo import ZoneInfo

from turnout.cli.seeding import ACTOR, FIRST_NAMES, LAST_NAMES, SLUG, ZONE
from turnout.cli.seeding_messages import SeededUser, seed_user
from turnout.core.audience import asking, viewing
from turnout.core.audience.model import Interval, Mode
from turnout.core.events.model import Event, Session, Span
from turnout.core.events.programme import create_event, create_session, list_events
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.journeys.importing import (
    ImportedRegistrant,
    import_registrant,
    import_viewing,
)
from turnout.core.people.model import Contact
from turnout.core.registrations.model import Answer
from turnout.store import Database, Tx

TITLE = "Webcast: The quiet railway"
SEED = 1825
VIEWERS = 60
MINUTE = 60_000
DAY = 86_400_000
DOMAINS = ("nordbahn.example", "tramline.example", "metro.example")
TAGS = ("newsletter", "partner", "")
QUESTIONS = (
    "Will the slides be shared?",
    "How loud is a quiet railway?",
    "What does it cost a kilometre?",
)
READER = SeededUser("reports", Role.ACCT, "Report reader")


def seed_reporting(db: Database, known: dict[str, Any]) -> dict[str, Any]:
    """Seed what is missing; returns demo.json's `reporting`."""
    org_id = db.call(get_organization, SLUG).org_id
    event_id = db.call(_seed_webcast, org_id)
    user = seed_user(db, org_id, READER, known)
    # Readers sign in by their e-mail address.
    return user | {"username": f"{READER.name}@example.com", "eventId": event_id}


def _seed_webcast(tx: Tx, org_id: int) -> int:
    made = {each.title: each.id for each in list_events(tx, org_id, most=1000)}
    if TITLE in made:
        return made[TITLE]
    # It was a week ago, at the full hour.
    starts_at = tx.now - 7 * DAY - tx.now % (60 * MINUTE)
    event = create_event(tx, org_id, TITLE, _span(starts_at, 150), actor=ACTOR)
    live = create_session(tx, org_id, event.id, TITLE, _span(starts_at, 60), actor=ACTOR)
    again = create_session(
        tx, org_id, event.id, "Repeat for the west", _span(starts_at + 90 * MINUTE, 60), actor=ACTOR
    )
    viewing.set_media(
        tx, org_id, again.id, delivery=Mode.SIMLIVE, media_kind="", media_url="", actor=ACTOR
    )
    survey = asking.add_survey_question(
        tx, org_id, event.id, "How was it?", ["Great", "Good", "Poor"], kind="survey", actor=ACTOR
    )
    dice = random.Random(SEED)  # noqa: S311 - the same everywhere
    for number in range(VIEWERS):
        registration_id = _register(tx, org_id, event, starts_at, number)
        _watch(tx, org_id, registration_id, live, again, dice, number)
        if number % 6 == 0:
            text = QUESTIONS[number // 6 % len(QUESTIONS)]
            asking.ask_question(tx, org_id, registration_id, live.id, text)
        if number % 4 == 0:
            choice = survey.choices[number // 4 % 3]
            asking.answer_survey(tx, org_id, registration_id, event.id, survey.id, choice)
    return event.id


def _register(tx: Tx, org_id: int, event: Event, starts_at: int, number: int) -> int:
    contact = Contact(
        email=f"viewer{number + 1:02}@{DOMAINS[number % 3]}",
        first_name=FIRST_NAMES[(3 * number + 1) % len(FIRST_NAMES)],
        last_name=LAST_NAMES[(7 * number + 4) % len(LAST_NAMES)],
        company=("Nordbahn", "Tramline Labs", "Metro Lisboa")[number % 3],
        country_code=("DE", "GB", "PT")[number % 3],
    )
    new = ImportedRegistrant(
        contact,
        # Over the six days before it.
        registered_at=starts_at - (number % 6) * DAY - 60 * MINUTE,
        tag=TAGS[number % 5 % 3],
        answers=(Answer("Main interest", ("Track", "Wheels", "Walls")[number % 3]),),
    )
    return import_registrant(tx, org_id, event.id, new)


def _watch(
    tx: Tx,
    org_id: int,
    registration_id: int,
    live: Session,
    again: Session,
    dice: random.Random,
    number: int,
) -> None:
    """Half watch live, some the repeat, some later; every tenth nothing."""
    kind = number % 10
    if kind == 9:
        return
    chosen = ((live, Mode.LIVE), (again, Mode.SIMLIVE), (live, Mode.ON_DEMAND))
    session, mode = chosen[0 if kind < 5 else 1 if kind < 7 else 2]
    begin = session.starts_at + dice.randrange(0, 15) * MINUTE
    if mode is Mode.ON_DEMAND:
        begin += dice.randrange(1, 6) * DAY
    length = dice.randrange(120, 2700) * 1000
    spans = [Interval(begin, begin + length)]
    if kind % 4 == 0:
        spans.append(Interval(begin + length + 30_000, begin + length + 90_000))
    for each in spans:
        import_viewing(tx, org_id, registration_id, session.id, each, mode)


def _span(starts_at: int, minutes: int) -> Span:
    ends_at = starts_at + minutes * MINUTE
    starts, ends = (
        datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(ZONE)).replace(tzinfo=None).isoformat()
        for at in (starts_at, ends_at)
    )
    return Span(ZONE, starts, ends, starts_at, ends_at)
