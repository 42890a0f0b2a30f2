"""`turnout media`, `viewing` and `watch`: what sessions show, and who has watched it."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from cyclopts import App

from turnout.cli.app import actor, base_url, console, counted, database, show_table, tell_twice
from turnout.cli.captions import captions
from turnout.cli.chapters import chapters
from turnout.cli.files import bar
from turnout.cli.imports import (
    Faults,
    IgnoreUnknown,
    Preview,
    count_rows,
    open_records,
    show_preview,
    tried,
)
from turnout.cli.known import find_session, org_of_event
from turnout.cli.numbers import EventNumber
from turnout.core.audience.importing import VIEWINGS, Row, import_viewings, read_viewings
from turnout.core.audience.links import PATH, find_registered, make_token
from turnout.core.audience.media import Show, list_shows, set_media
from turnout.core.audience.model import MediaKind, Mode
from turnout.core.audience.viewings import StoredInterval, correct_viewing, list_viewings
from turnout.core.events.programme import get_event
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import check_zone, get_organization
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.importing.records import Fault, Record
from turnout.core.times import instant, stamp
from turnout.errors import Invalid, Missing
from turnout.store import Database, Tx

SLICE = 500

media = App(name="media")
media.command(captions)
media.command(chapters)
viewing = App(name="viewing")
watch = App(name="watch")


@media.command(name="set")
def set_(
    org: str,
    session: str,
    url: str,
    /,
    *,
    kind: MediaKind | None = None,
    simulated: bool = False,
    live_only: bool = False,
    live_from: str | None = None,
    live_until: str | None = None,
) -> None:
    """Say what a session shows; again replaces it.

    Example: `turnout media set acme 1234567890123456 https://films.example/talk.mp4`

    Args:
        org: Short name of the organization.
        session: Number or pak of the session.
        url: Address of an HLS playlist, of an MP4 film, or of a page to embed.
        kind: What it is; without it, as the address ends.
        simulated: It is a recording that is shown as if it were live.
        live_only: It cannot be watched on demand once it was live.
        live_from: When it goes live, by the organization's clock; without it, as planned.
        live_until: When that ends; without it, as planned.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        session_id = db.call(find_session, organization.org_id, session)
        tell_twice(organization.timezone, live_from, live_until)
        made = db.call(
            set_media,
            organization.org_id,
            session_id,
            kind or _kind_of(url),
            url,
            is_simulated=simulated,
            is_on_demand=not live_only,
            live_from=_instant(live_from, organization),
            live_until=_instant(live_until, organization),
            actor=actor(),
        )
    console.print(
        f"Session {session_id} shows {url} ({made.kind}), {made.live_mode} from "
        f"{_say(made.live_from, organization)} to {_say(made.live_until, organization)}."
    )


@media.command(name="list")
def list_media(org: str, event: EventNumber, /) -> None:
    """List the sessions of an event that can be watched.

    Example: `turnout media list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        org_of_event(db, org, event)
        shows = db.call(list_shows, organization.org_id, event)
    if not shows:
        console.print("No session of the event can be watched. See `turnout media set`.")
        return
    rows = (
        (
            str(show.session_id),
            show.media.kind.value,
            show.media.live_mode.value,
            _say(show.media.live_from, organization),
            _say(show.media.live_until, organization),
            "yes" if show.media.is_on_demand else "no",
            show.title,
        )
        for show in shows
    )
    show_table("SESSION", "KIND", "MODE", "FROM", "UNTIL", "ON DEMAND", "TITLE", rows=rows)


@viewing.command(name="import")
def import_file(
    org: str,
    event: EventNumber,
    file: Path,
    /,
    *,
    timezone: str | None = None,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
) -> None:
    """Take over viewings from a CSV file or workbook (XLSX) of another platform; idempotent.

    Its columns are Email, Session (number or pak; may be missing where one session can be
    watched), Mode (live, simlive or od; without it, by the session's live window), Start, and End
    or Duration (seconds), under their usual names in English, German, French or Spanish. Rows that
    cannot be taken are listed; the others are kept.

    Example: `turnout viewing import acme 1000001 viewings.csv`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file.
        timezone: IANA name of the zone of times without an offset; without it, the event's.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        zone = timezone or db.call(get_event, org_id, event).timezone
        check_zone(zone)
        shows = db.call(list_shows, org_id, event)
        if preview:
            check = partial(_find_faults, db, org_id, event, shows, zone)
            show_preview(file, VIEWINGS, check, ignore_unknown=ignore_unknown)
            return
        total = count_rows(file, VIEWINGS, ignore_unknown=ignore_unknown)
        with (
            open_records(file, VIEWINGS, ignore_unknown=ignore_unknown) as opened,
            bar(f"Importing {file.name}", total) as advance,
        ):
            found = read_viewings(opened.records, shows, zone)
            taken, faults = _store(db, org_id, event, found, advance)
    faults.say_rest()
    viewings = counted(taken, "viewing was", "viewings were")
    console.print(f"{viewings} taken; {counted(faults.count, 'row')} could not be.")
    if faults.count:
        raise Invalid("viewings.rows", count=faults.count, file=file)


@viewing.command
def add(
    org: str,
    event: EventNumber,
    email: str,
    session: str,
    mode: Mode,
    /,
    *,
    start: str,
    end: str,
) -> None:
    """Add time that somebody watched.

    Example:
    `turnout viewing add acme 1000001 ann@example.com 1234567890123456 live
    --start 2027-03-01T10:00 --end 2027-03-01T10:45`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        email: Address of somebody who is registered for it.
        session: Number or pak of the session.
        mode: How it was watched.
        start: From when, by the organization's clock, such as 2027-03-01T09:00:00.
        end: Until when.
    """
    _correct(org, event, email, session, mode, start, end, is_removed=False)


@viewing.command
def remove(
    org: str,
    event: EventNumber,
    email: str,
    session: str,
    mode: Mode,
    /,
    *,
    start: str,
    end: str,
) -> None:
    """Take away time that somebody did not watch.

    Example:
    `turnout viewing remove acme 1000001 ann@example.com 1234567890123456 live
    --start 2027-03-01T10:00 --end 2027-03-01T10:45`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        email: Address of somebody who is registered for it.
        session: Number or pak of the session.
        mode: How it was said to be watched.
        start: From when, by the organization's clock, such as 2027-03-01T09:00:00.
        end: Until when.
    """
    _correct(org, event, email, session, mode, start, end, is_removed=True)


@viewing.command(name="list")
def list_all(org: str, event: EventNumber, email: str, /) -> None:
    """List what somebody has watched.

    Example: `turnout viewing list acme 1000001 ann@example.com`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        email: Address of somebody who is registered for it.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        viewer = db.call(_find_viewer, organization.org_id, event, email)
        found = db.call(list_viewings, organization.org_id, event, viewer)
    _show(found, organization)


@watch.command
def link(org: str, event: EventNumber, email: str, /) -> None:
    """Show somebody's personal links to the watch pages of an event.

    Example: `turnout watch link acme 1000001 ann@example.com`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        email: Address of somebody who is registered for it.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        viewer = db.call(_find_viewer, org_id, event, email)
        url = base_url(db)
        token = db.call(make_token, org_id, viewer)
        shows = db.call(list_shows, org_id, event)
    for show in shows:
        console.print(f"{url}{PATH}{show.pak}/{token}  {show.title}")
    if not shows:
        console.print("No session of the event can be watched. See `turnout media set`.")


def _correct(
    org: str,
    event: EventNumber,
    email: str,
    session: str,
    mode: Mode,
    start: str,
    end: str,
    *,
    is_removed: bool,
) -> None:
    with database() as db:
        organization = db.call(get_organization, org)
        org_id = organization.org_id
        viewer = db.call(_find_viewer, org_id, event, email)
        tell_twice(organization.timezone, start, end)
        times = (instant(start, organization.timezone), instant(end, organization.timezone))
        session_id = db.call(find_session, org_id, session)
        found = db.call(
            correct_viewing,
            org_id,
            viewer,
            session_id,
            mode,
            times,
            is_removed=is_removed,
            actor=actor(),
        )
    _show(found, organization)


def _find_faults(
    db: Database,
    org_id: OrgId,
    event_id: EventId,
    shows: list[Show],
    zone: str,
    rows: Sequence[Record],
) -> list[Fault]:
    found = list(read_viewings(rows, shows, zone))
    good = [row for row in found if isinstance(row, Row)]
    refused = tried(db, lambda tx: import_viewings(tx, org_id, event_id, good, actor=actor()))
    return [row for row in found if isinstance(row, Fault)] + refused


def _store(
    db: Database,
    org_id: OrgId,
    event_id: EventId,
    found: Iterator[Row | Fault],
    advance: Callable[[int], object],
) -> tuple[int, Faults]:
    taken, faults = 0, Faults()
    while some := list(islice(found, SLICE)):
        rows = [row for row in some if isinstance(row, Row)]
        refused = db.call(import_viewings, org_id, event_id, rows, actor=actor())
        faults.add([*refused, *(row for row in some if isinstance(row, Fault))])
        taken += len(rows) - len(refused)
        advance(len(some))
    return taken, faults


def _show(found: list[StoredInterval], organization: Organization) -> None:
    if not found:
        console.print("Nothing was watched.")
        return
    rows = (
        (
            stored_interval.mode.value,
            str(stored_interval.session_id),
            _say(stored_interval.interval.start, organization),
            _say(stored_interval.interval.end, organization),
            str(stored_interval.interval.seconds),
        )
        for stored_interval in found
    )
    show_table("MODE", "SESSION", "FROM", "UNTIL", "SECONDS", rows=rows)


def _find_viewer(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> RegistrationId:
    get_event(tx, org_id, event_id)
    found = find_registered(tx, org_id, event_id, email)
    if found is None:
        raise Missing("registration.not_in_event", email=email, event_id=event_id)
    return found


def _kind_of(url: str) -> MediaKind:
    path = url.partition("?")[0].lower()
    if path.endswith(".m3u8"):
        return MediaKind.HLS
    return MediaKind.MP4 if path.endswith(".mp4") else MediaKind.EMBED


def _instant(local: str | None, organization: Organization) -> int | None:
    return None if local is None else instant(local, organization.timezone)


def _say(at: int, organization: Organization) -> str:
    return stamp(at, organization.timezone)
