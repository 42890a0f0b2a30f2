"""An event with two sessions and registrants who watched, asked and answered, or did not."""

import itertools
from typing import Any

from tests.support.node import START, LocalNode
from turnout.core.audience import asking, viewing
from turnout.core.audience.model import Interval, Mode
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_session, list_ticket_types
from turnout.core.identity.organizations import create_organization
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.model import Answer, Submitted
from turnout.store import Tx

MINUTE = 60_000
DAY = 86_400_000
# 2027-01-10T10:00Z; the show lasts an hour, the second one follows an hour later, simulated live.
SHOW = START + 9 * DAY + 60 * MINUTE
_numbers = itertools.count(1)


class Theatre:
    """The event, its sessions, its survey, and registrants by their letter."""

    def __init__(self, node: LocalNode, slug: str = "") -> None:
        self.node, self.db = node, node.db
        made: dict[str, Any] = self.db.call(_make, slug or f"theatre-{next(_numbers)}")
        self.org_id: int = made["org_id"]
        self.event_id: int = made["event_id"]
        self.live_id: int = made["live"]
        self.replay_id: int = made["replay"]
        self.survey_id: int = made["survey"]
        self.registrants: dict[str, int] = {}

    def session(self, session_id: int = 0) -> viewing.WatchedSession:
        return self.db.call(viewing.get_watched_session, self.org_id, session_id or self.live_id)

    def register(
        self,
        letter: str,
        contact: Contact,
        at: int,
        tag: str = "",
        answers: tuple[Answer, ...] = (),
    ) -> int:
        """Register somebody at that instant."""

        def make(tx: Tx) -> int:
            person = merge_person(tx, self.org_id, contact)
            type_id = list_ticket_types(tx, self.org_id, self.event_id)[0].id
            number = booking.add_registration(
                tx,
                self.org_id,
                self.event_id,
                person.id,
                type_id,
                source="test",
                submitted=Submitted(contact, list(answers)),
            )
            assert number
            tx.connection.execute(
                f"UPDATE registrations SET created_at = {at}, source_tag = '{tag}' "
                f"WHERE id = {number}"
            )
            return number

        self.registrants[letter] = self.db.call(make)
        return self.registrants[letter]

    def watch(self, letter: str, mode: Mode, start: int, minutes: float, session: int = 0) -> None:
        """Somebody watches for so long, from `start` minutes after the show begins."""
        begin = SHOW + start * MINUTE
        interval = Interval(begin, begin + round(minutes * MINUTE))
        self.db.call(
            viewing.add_viewing,
            self.org_id,
            self.registrants[letter],
            self.session(session),
            mode,
            interval,
        )

    def beat(self, letter: str, *intervals: tuple[int, int]) -> int:
        """Somebody's player tells what was watched."""
        told = [Interval(*each) for each in intervals]
        return self.db.call(
            viewing.take_beat, self.org_id, self.registrants[letter], self.session(), told
        )

    def watched(self, letter: str) -> list[tuple[str, int, int]]:
        """What is known of it: mode, start and length in ms after the show's beginning."""
        found = self.db.call(viewing.list_viewings, self.org_id, self.registrants[letter])
        return [
            (each.mode.value, each.starts_at - SHOW, each.ends_at - each.starts_at)
            for each in found
        ]

    def put_question(self, letter: str, question: str, answer: str = "") -> None:
        number = self.db.call(
            asking.ask_question, self.org_id, self.registrants[letter], self.live_id, question
        )
        if answer:
            self.db.call(asking.answer_question, self.org_id, number, answer, actor="test")

    def answer(self, letter: str, text: str) -> None:
        self.db.call(
            asking.answer_survey,
            self.org_id,
            self.registrants[letter],
            self.event_id,
            self.survey_id,
            text,
        )


def _make(tx: Tx, slug: str) -> dict[str, Any]:
    org_id = create_organization(tx, slug, slug.title(), actor="test").org_id
    whole = span("2027-01-10T10:00", "2027-01-10T13:00", "UTC")
    event = create_event(tx, org_id, "First <night> & more", whole, actor="test")
    show = span("2027-01-10T10:00", "2027-01-10T11:00", "UTC")
    again = span("2027-01-10T12:00", "2027-01-10T13:00", "UTC")
    live, replay = (
        create_session(tx, org_id, event.id, title, when, actor="test").id
        for title, when in (("Show", show), ("Again", again))
    )
    viewing.set_media(
        tx,
        org_id,
        replay,
        delivery=Mode.SIMLIVE,
        media_kind="mp4",
        media_url="https://media.example.com/show.mp4",
        actor="test",
    )
    survey = asking.add_survey_question(
        tx, org_id, event.id, "How was it?", ["Good", "Bad"], kind="survey", actor="test"
    )
    return {
        "org_id": org_id,
        "event_id": event.id,
        "live": live,
        "replay": replay,
        "survey": survey.id,
    }


def fill(theatre: Theatre) -> None:
    """Eight registrants of every kind: who watched what, asked, answered, from where and when."""
    people = (
        ("a", "Ann", "Lee", "one.example", 0, "mail"),
        ("b", "Bob", 'O"Neil <b>', "one.example", 1, "ads"),
        ("c", "=SUM(1)", "Ünïcode 王", "two.example", 2, ""),
        ("d", "Dee", "\u0001&", "two.example", 3, "mail"),
        ("e", "Eve", "Five", "Three.Example", 3, "ads"),
        ("f", "Fay", "Six", "sub.one.example", 4, ""),
        ("g", "Gus", "Seven", "three.example", 5, "mail"),
        ("h", "Hal", "Eight", "two.example", 6, ""),
    )
    for place, (letter, first, last, domain, day, tag) in enumerate(people):
        contact = Contact(
            email=f"{letter}@{domain}",
            first_name=first,
            last_name=last,
            company="+Co" if letter == "c" else "",
            job_title="Critic" if letter == "a" else "",
            country_code="DE" if letter == "b" else "",
        )
        answers = (
            (Answer("Seat?", "Front"),) if place % 2 else (Answer("Diet; or <none>?", "-1+2"),)
        )
        theatre.register(letter, contact, START + day * DAY, tag, answers if place < 5 else ())
    theatre.node.clock.now = SHOW + 5 * DAY
    theatre.watch("a", Mode.LIVE, 0, 30)
    theatre.watch("a", Mode.LIVE, 40, 10.5)
    theatre.watch("a", Mode.ON_DEMAND, 3 * 1440, 5)
    theatre.watch("b", Mode.LIVE, 10, 50)
    theatre.watch("c", Mode.SIMLIVE, 120, 60, theatre.replay_id)
    theatre.watch("d", Mode.ON_DEMAND, 1440, 7)
    theatre.watch("e", Mode.SIMLIVE, 125, 1, theatre.replay_id)
    theatre.watch("e", Mode.LIVE, 0, 2)
    theatre.put_question("a", "Why?", "Because.")
    theatre.put_question("a", "@Really?")
    theatre.put_question("f", "Will it be <recorded> & sent?")
    theatre.answer("a", "Good")
    theatre.answer("d", "Bad")
    theatre.answer("g", "Good")
