"""`turnout event export` and `import`: an event as one file."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from turnout.cli.app import actor, console, counted, database, settings
from turnout.cli.exports import noting
from turnout.cli.files import new_file
from turnout.cli.numbers import EventNumber
from turnout.cli.progress import ShowStep, steps_bar
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.portable.document import (
    EVENT,
    LIMITS,
    LONGEST_ROW,
    PICTURES_LIMIT,
    ROWS,
    EventPart,
    Part,
    decode_event,
    decode_row,
)
from turnout.core.portable.packing import pack_event
from turnout.core.portable.unpacking import Source, Unpacked, find_imported, unpack_event
from turnout.errors import Invalid
from turnout.formats.archives import ArchiveReader, ArchiveWriter
from turnout.formats.pictures import Picture, remake
from turnout.store import Database

ROWS_SHOWN = 500
_SHOWN = {
    "registrations": "registration",
    "tickets": "ticket",
    "invitations": "invitation",
}


def export_event(
    org: str, event: EventNumber, file: Path, /, *, without_people: bool = False
) -> None:
    """Write an event into one file: texts, sessions, ticket types, speakers, venue, pictures,
    invitations, and its people with registrations, tickets, notes and the waiting list.

    `turnout event import` reads it into any organization of any installation. Passwords, tokens,
    scans, messages and what was watched are not in it. The file holds people's data, so only you
    can read it (mode 600).

    Example: `turnout event export acme 1000001 summit.zip`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file to write; an existing one is replaced.
        without_people: Leave out everybody, and what is theirs.
    """
    with database() as db, new_file(file) as opened, ArchiveWriter(opened) as archive:
        org_id = db.call(get_organization, org).org_id
        add = archive.add
        packed = db.look(pack_event, org_id, event, add, has_people=not without_people)
        noting(db, org_id, "registrations", "event", event)(packed.rows.get("registrations", 0))
    told = _say_rows(packed.rows) if packed.rows else "without people"
    console.print(f"{file}: {packed.title}, {told}.")


def _say_rows(rows: Mapping[str, int]) -> str:
    counts = (counted(rows[name], one) for name, one in _SHOWN.items())
    return f"{', '.join(counts)}, {rows['waiting']} waiting"


def import_event(
    org: str,
    file: Path,
    /,
    *,
    without_people: bool = False,
    keep_codes: bool = False,
) -> None:
    """Make an event of a file of `turnout event export`, whole or not at all.

    The same file again changes nothing. Numbers, paks and GUIDs are new, and nobody is told. Codes
    of tickets are new as well, so tickets that people have do not scan here, unless you ask for it
    by `--keep-codes`. People whom the organization knows by their address stay as they are.

    Example: `turnout event import acme summit.zip`

    Args:
        org: Short name of the organization.
        file: The file.
        without_people: Leave out everybody, and what is theirs.
        keep_codes: Keep the codes of tickets that are free here: those tickets let their holders
            in here, too.
    """
    with database() as db, ArchiveReader(file, LIMITS) as archive:
        org_id = db.call(get_organization, org).org_id
        if EVENT not in archive.names:
            raise Invalid("archive.member", name=EVENT)
        event = decode_event(archive.read(EVENT))
        done = _import(db, org_id, archive, event, (not without_people, keep_codes))
    _say(org, event, done)


def _import(
    db: Database,
    org_id: OrgId,
    archive: ArchiveReader,
    event: EventPart,
    choices: tuple[bool, bool],
) -> Unpacked:
    has_people, keeps_codes = choices
    if known := db.look(find_imported, org_id, event.key):
        return Unpacked(known, False, {}, 0)
    pictures = _remake(archive)
    with steps_bar("Importing:") as show:
        rows = read_rows(archive, show) if has_people else _nobody
        return db.call(
            unpack_event,
            org_id,
            Source(event, pictures, rows),
            keeps_codes=keeps_codes,
            default_quota=settings().file_quota_mb * 1_000_000,
            actor=actor(),
        )


def read_rows(archive: ArchiveReader, show: ShowStep) -> Callable[[str], Iterator[Part]]:
    """What reads the rows of a list by its name, one after another, and shows how far it is."""

    def read(name: str) -> Iterator[Part]:
        member = f"{name}.jsonl"
        total = sum(1 for _ in archive.lines(member, LONGEST_ROW))
        for number, line in enumerate(archive.lines(member, LONGEST_ROW), start=1):
            yield decode_row(line, ROWS[name], f"{member}, line {number}")
            if number % ROWS_SHOWN == 0 or number == total:
                show(name, number, total)

    return read


def _nobody(_: str) -> Iterator[Part]:
    return iter(())


def _remake(archive: ArchiveReader) -> dict[str, Picture]:
    """The pictures, made again as those that people upload. Raises Invalid."""
    names = sorted(name for name in archive.names if name.startswith("pictures/"))
    if len(names) > PICTURES_LIMIT:
        raise Invalid("portable.pictures", limit=PICTURES_LIMIT)
    return {name: remake(archive.read(name)) for name in names}


def _say(org: str, event: EventPart, done: Unpacked) -> None:
    if not done.is_new:
        console.print(f"{org} has this event already: {done.event_id}. Nothing was changed.")
        return
    told = f"with {_say_rows(done.rows)}"
    console.print(f"Event {done.event_id} ({event.title}) is {event.state}, {told}.")
    if done.new_codes:
        codes = counted(done.new_codes, "code of a ticket was", "codes of tickets were")
        new = "is" if done.new_codes == 1 else "are"
        console.print(f"{codes} taken here and {new} new.")
