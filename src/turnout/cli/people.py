"""`turnout person`: whom an organization knows."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cyclopts import App

from turnout.cli.app import Number, actor, console, counted, database, say_time, show_table
from turnout.cli.exports import noting
from turnout.cli.files import new_file
from turnout.core.erasure.overview import Overview, read_overview
from turnout.core.erasure.places import TABLES
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId, PersonId
from turnout.core.people.correcting import change_address, correct_person
from turnout.core.people.finding import get_named_person, get_person, search_people
from turnout.core.people.merging import find_person
from turnout.core.people.model import Person
from turnout.errors import Invalid
from turnout.store import Database, Tx

if TYPE_CHECKING:
    from turnout.core.erasure.exporting import Export

people = App(name="person")


@people.command
def find(org: str, text: str, /, *, limit: Number = 50) -> None:
    """Find people by name, company, e-mail address or phone.

    All words of the text must be in what is known, in any case; a phone is compared by its digits.
    Example: turnout person find acme "lee"

    Args:
        org: Short name of the organization.
        text: Parts of a name, company, address or phone.
        limit: How many at most.
    """
    with database() as db:
        found = _search(db, db.call(get_organization, org).org_id, text, limit)
    if not found:
        console.print("Nobody was found.")
        return
    rows = (
        (str(person.id), name_of(person), person.contact.email, person.contact.company,
         person.contact.phone)
        for person in found
    )  # fmt: skip
    show_table("PERSON", "NAME", "E-MAIL", "COMPANY", "PHONE", rows=rows)


@people.command
def show(org: str, person: str, /) -> None:
    """Show what is known of a person, and where they take part.

    Example: turnout person show acme ann@example.com

    Args:
        org: Short name of the organization.
        person: Number or e-mail address.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        overview = db.call(_read_named, org_id, person)
    _show(overview)


@people.command(name="set")
def change(
    org: str,
    person: str,
    /,
    *,
    email: str | None = None,
    merge: bool = False,
    title: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    company: str | None = None,
    job_title: str | None = None,
    phone: str | None = None,
) -> None:
    """Correct what is known of a person, at all events; "" takes a detail away.

    Example: turnout person set acme ann@example.com --last-name Lee-Smith --email ann@smith.example

    Args:
        org: Short name of the organization.
        person: Number or e-mail address.
        email: The new e-mail address.
        merge: If somebody else has that address: they are the same person; merge them (see `turnout
            person merge`). The address becomes the one of the person who is named first.
        title: Such as Dr.
        first_name: First name; a learner's, too.
        last_name: Last name; a learner's, too.
        company: Company.
        job_title: Job title.
        phone: Phone number.
    """
    given = {
        "title": title,
        "first_name": first_name,
        "last_name": last_name,
        "company": company,
        "job_title": job_title,
        "phone": phone,
    }
    changes = {name: text for name, text in given.items() if text is not None}
    if not changes and email is None:
        raise Invalid("person.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        who = db.call(_change, org_id, person, changes, email, merge)
    console.print(f"Person {who.id} is {_say(who)}.")


@people.command(name="merge")
def unite(org: str, kept: str, other: str, /) -> None:
    """Merge two people who are one: the second becomes a part of the first.

    The first keeps address and details, and gets from the second what it lacks, and all of its
    registrations, tickets, invitations, waiting entries, viewings and messages. Where both are
    registered for an event, one registration holds the tickets of both, and a place is free again.
    This cannot be undone. Example: turnout person merge acme ann@example.com a.lee@example.com

    Args:
        org: Short name of the organization.
        kept: Number or e-mail address of the person who stays.
        other: Number or e-mail address of the one who is merged into them.
    """
    from turnout.core.erasure.uniting import unite_people

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        first, second = (db.call(get_named_person, org_id, name) for name in (kept, other))
        db.call(unite_people, org_id, first.id, second.id, actor=actor())
    console.print(f"Person {second.id} is now a part of person {first.id}, {_say(first)}.")


def name_of(person: Person) -> str:
    """First and last name."""
    return " ".join(filter(None, (person.contact.first_name, person.contact.last_name)))


def _say(person: Person) -> str:
    return " ".join(filter(None, (name_of(person), f"<{person.contact.email or 'no address'}>")))


def _search(db: Database, org_id: OrgId, text: str, limit: int) -> list[Person]:
    found: list[Person] = []
    after: PersonId | None = PersonId(0)
    while after is not None and len(found) < limit:
        some, after = db.call(search_people, org_id, text, after, limit - len(found))
        found += some
    return found


def _read_named(tx: Tx, org_id: OrgId, name: str) -> Overview:
    return read_overview(tx, org_id, get_named_person(tx, org_id, name).id)


def _change(
    tx: Tx, org_id: OrgId, name: str, changes: dict[str, str], email: str | None, merge: bool
) -> Person:
    from turnout.core.erasure.uniting import unite_people

    person_id = get_named_person(tx, org_id, name).id
    if changes:
        correct_person(tx, org_id, person_id, changes, actor=actor())
    if email is not None:
        owner = find_person(tx, org_id, email)
        if merge and owner and owner.id != person_id:
            unite_people(tx, org_id, person_id, owner.id, actor=actor())
        change_address(tx, org_id, person_id, email, actor=actor())
    return get_person(tx, org_id, person_id)


def _show(overview: Overview) -> None:
    person = overview.person
    console.print(f"Person {person.id}, {_say(person)}, known since {say_time(person.created_at)}")
    for former in overview.former:
        console.print(f"Former {former.medium}: {former.address} (until {say_time(former.until)})")
    for name in overview.names:
        console.print(f"Former name: {name.name} (until {say_time(name.until)})")
    rows = ((part.event, part.what, part.state, say_time(part.at)) for part in overview.parts)
    if overview.parts:
        show_table("EVENT", "WHAT", "STATE", "SINCE", rows=rows)


@people.command
def export(org: str, person: str, file: Path, /) -> None:
    """Write everything that is known of a person into a file: JSON, or a page to read (.html).

    You alone can read the file (mode 600). Instants are in milliseconds since 1970. Example:
    turnout person export acme ann@example.com ann.html

    Args:
        org: Short name of the organization.
        person: Number or e-mail address.
        file: The file to write; its ending says which: .json or .html.
    """
    from turnout.core.erasure.exporting import export_person, to_page

    if file.suffix not in (".json", ".html"):
        raise Invalid("person.export", file=file)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        who = db.call(get_named_person, org_id, person)
        found = db.look(export_person, org_id, who.id)
        count = sum(map(len, found.values()))
        noting(db, org_id, "records", "person", who.id)(count)
    text = to_page(_say(who), found) if file.suffix == ".html" else _to_json(found)
    with new_file(file) as out:
        out.write(text.encode())
    console.print(f"{file}: {counted(count, 'record')} of person {who.id}")


@people.command
def erase(org: str, person: str, /, *, yes: bool = False, now: bool = False) -> None:
    """Erase a person: name, addresses, answers, messages, replies and files. It cannot be undone.

    Nobody sees them from then on; the rest is removed within the hour by `turnout serve` or
    `turnout work`. Seats, totals and check-ins stay, without identity, as does what exams have on
    record. Backups still have the person: see `turnout restore --erased-in`. Example:
    turnout person erase acme ann@example.com --yes --now

    Args:
        org: Short name of the organization.
        person: Number or e-mail address.
        yes: Erase; without it, the command only says who it would be.
        now: Remove everything at once, and wait for it.
    """
    from turnout.core.erasure.erasing import erase_person

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        who = db.call(get_named_person, org_id, person)
        if not yes:
            console.print(f"{_say(who)} is person {who.id}. Add --yes to erase them for ever.")
            return
        kept = db.call(erase_person, org_id, who.id, actor=actor())
        if now:
            finish_erasing(db)
    console.print(f"Person {who.id} is erased{'.' if now else '; the rest goes within the hour.'}")
    for what, why, until in kept:
        console.print(f"Kept: {what}, because {why}, until {until}.")


def finish_erasing(db: Database) -> None:
    """Remove what is left of all who are erased, from the disk too."""
    from turnout.core.erasure.erasing import find_step, list_uncleaned, mark_cleaned, take_step
    from turnout.store.trigrams import compact

    while step := db.look(find_step):
        db.call(take_step, step)
    erased = db.call(list_uncleaned)
    is_more = bool(erased) and db.call(compact, is_first=True)
    while is_more:
        is_more = db.call(compact, is_first=False)
    if db.scrub(TABLES):
        db.call(mark_cleaned, erased)


def _to_json(found: "Export") -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
