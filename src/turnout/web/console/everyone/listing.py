"""`/console/{org}/people`: people are found over all events, and exported."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.erasure.overview import read_overview
from turnout.core.ids import PersonId
from turnout.core.people.finding import LATEST, list_newest_people, search_people
from turnout.core.people.model import Person
from turnout.core.registrations.browsing import PersonEvent, list_person_events
from turnout.core.times import stamp
from turnout.errors import Missing
from turnout.formats.spreadsheets import csv_line, to_csv
from turnout.http.routing import without_head
from turnout.web.console.done import Done
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.people.files import IN_MEMORY, send_file
from turnout.web.console.words import say
from turnout.web.numbers import parse_number

TEMPLATE = "console/everyone/list.html"
SEE, EXPORT = "people.read", "people.export"
PAGE, SLICES, STRETCH = 50, 20, 1000
LONGEST = 100
HEADINGS = ("Person", "Email", "First name", "Last name", "Company", "Phone", "Known since (UTC)")


class Line(NamedTuple):
    """A person, and the registrations of which the user may know."""

    person: Person
    events: list[PersonEvent]


class Everyone(NamedTuple):
    """A page of people; `after` is the number behind which the next begins, None = this is the
    last."""

    lines: list[Line]
    after: PersonId | None


class EveryonePage(ConsolePage):
    """`/console/{scope}/people`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """Those whom a text finds, else the newest. Raises Missing, Denied."""
        text = req.get_param("q", default="").strip()[:LONGEST]
        found = await self.console.read(req, SEE, find_everyone, text, _after(req))
        is_erased = req.get_param("done", default="") == "erase"
        query = {"q": text, "after": str(found.after or "")}
        self.console.show(
            req,
            resp,
            TEMPLATE,
            found=found,
            text=text,
            first=f"?{urlencode({'q': text})}" if req.get_param("after") else "",
            next=f"?{urlencode(query)}" if found.after else "",
            done=Done(say("console.people.done.erase")) if is_erased else None,
        )


class EveryoneCsv(ConsolePage):
    """`/console/{scope}/people.csv`: everybody whom the organization knows."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file. Raises Denied, Missing."""
        file, count = await self.console.read(req, EXPORT, write_everyone)
        await self.console.trace(req, EXPORT, _trace, count)
        send_file(resp, file, "text/csv; charset=utf-8", f"people-{scope}.csv")


def find_everyone(visit: Visit, text: str, after: PersonId | None) -> Everyone:
    """Up to PAGE people behind `after`. A search ends after SLICES short reads, so that it keeps
    nobody waiting; then the next page goes on with it."""
    tx, org_id = visit.tx, visit.org_id
    if not text:
        people = list_newest_people(tx, org_id, PAGE + 1, before=after or LATEST)
        following = people[PAGE - 1].id if len(people) > PAGE else None
        found, after = people[:PAGE], following
    else:
        found, after = [], after or PersonId(0)
        for _ in range(SLICES):
            if after is None or len(found) >= PAGE:
                break
            some, after = search_people(tx, org_id, text, after, PAGE - len(found))
            found += some
    lines = [_line(visit, one) for one in found]
    return Everyone([line for line in lines if may_know(visit, line.person.id, line.events)], after)


def write_everyone(visit: Visit) -> tuple[IO[bytes], int]:
    """Everybody as CSV, newest first, and how many."""
    # The one that sends it closes it.
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
    file.write(to_csv([HEADINGS]))
    count = 0
    for person in _everybody(visit):
        if not may_know(visit, person.id):
            continue
        file.write(csv_line(_row(person)).encode())
        count += 1
    return file, count


def read_person_number(text: str) -> PersonId:
    """A person's number in an address. Raises Missing."""
    number = parse_number(text)
    if number is None:
        raise Missing("path.missing", path=text[:50])
    return PersonId(number)


def list_seen_events(visit: Visit, person_id: PersonId) -> list[PersonEvent]:
    """The registrations of a person of which the user may know."""
    events = list_person_events(visit.tx, visit.org_id, person_id)
    return [one for one in events if visit.user.may(SEE, one.event_id)]


def may_know(visit: Visit, person_id: PersonId, seen: list[PersonEvent] | None = None) -> bool:
    """Whether the user may know of a person, of whose registrations `seen` are those that they may
    see: not of somebody who takes part in events alone that are hidden from them."""
    if visit.user.access.sight.is_whole or seen:
        return True
    parts = read_overview(visit.tx, visit.org_id, person_id).parts
    return not parts or any(visit.user.sees(part.event_id) for part in parts)


def _line(visit: Visit, person: Person) -> Line:
    return Line(person, list_seen_events(visit, person.id))


def _everybody(visit: Visit) -> Iterator[Person]:
    before = LATEST
    while people := list_newest_people(visit.tx, visit.org_id, STRETCH, before=before):
        yield from people
        before = people[-1].id


def _row(person: Person) -> list[str]:
    contact = person.contact
    return [
        str(person.id),
        contact.email,
        contact.first_name,
        contact.last_name,
        contact.company,
        contact.phone,
        stamp(person.created_at),
    ]


def _trace(visit: Visit, count: int) -> None:
    by = visit.user.actor
    record(visit.tx, visit.org_id, by, "exported", "people", 0, what="people", count=count)


def _after(req: Request) -> PersonId | None:
    number = parse_number(req.get_param("after", default=""))
    return None if number is None else PersonId(number)
