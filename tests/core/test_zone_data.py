"""Time zones: the package's rules are used everywhere, and newer ones move what lies ahead."""

import datetime
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest
import tzdata

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import make_login, new_job, post
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.audit.recording import list_entries
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import span
from turnout.core.events.programme import (
    create_event,
    create_session,
    get_event,
    list_sessions,
    list_ticket_types,
)
from turnout.core.events.sql import sql as events_sql
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.identity.organizations import create_organization
from turnout.core.ids import EventId, JobId, OrgId, TicketTypeId
from turnout.core.maintenance.time_zones import FACT, find_followed
from turnout.core.times import instant
from turnout.core.zone_data import zone_data_version
from turnout.settings import Settings
from turnout.store import Tx, open_database
from turnout.store.installation import set_fact
from turnout.workers.time_zones import follow_zone_data

HOUR_MS = 3_600_000
NOW = instant("2026-06-01T00:00", "UTC")


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request, tmp_path, cluster) -> Iterator:
    url = new_database(request.param, tmp_path, cluster)
    db = open_database(Settings(database_url=url), clock=lambda: NOW)
    yield db
    db.close()


@pytest.fixture
def old_rules(tmp_path: Path) -> Iterator[None]:
    """Zone data of another release: in it Vancouver keeps New York time."""
    folder = tmp_path / "zones"
    (folder / "America").mkdir(parents=True)
    source = Path(tzdata.__file__).parent / "zoneinfo" / "America" / "New_York"
    (folder / "America" / "Vancouver").write_bytes(source.read_bytes())
    (folder / "tzdata.zi").write_text("# version 2020a\n")
    zoneinfo.reset_tzpath(to=(str(folder),))
    zoneinfo.ZoneInfo.clear_cache()
    yield
    use_package()


def use_package() -> None:
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("America/Vancouver", "2027-01-15T09:00"),
        ("America/Edmonton", "2027-01-15T09:00"),
        ("America/Winnipeg", "2027-01-15T09:00"),
        ("Africa/Casablanca", "2027-01-15T09:00"),
        ("Europe/Berlin", "2027-01-15T09:00"),
    ],
)
def test_local_times_are_those_of_the_installed_package(zone: str, local: str) -> None:
    source = Path(tzdata.__file__).parent / "zoneinfo" / zone
    with source.open("rb") as file:
        rules = zoneinfo.ZoneInfo.from_file(file, zone)
    planned = datetime.datetime.fromisoformat(local).replace(tzinfo=rules)
    assert instant(local, zone) == planned.timestamp() * 1000


def test_every_process_uses_the_package() -> None:
    code = (
        "import zoneinfo; import turnout.cli; from turnout.core.zone_data import zone_data_version;"
        "print(zoneinfo.TZPATH, zone_data_version())"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said == f"() {tzdata.IANA_VERSION}\n"
    chosen = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONTZPATH": "/nowhere"},
    ).stdout
    assert chosen == "('/nowhere',) unknown\n"


def plan(tx: Tx) -> tuple[OrgId, EventId, EventId]:
    """An event that is over, and one with a session that lies ahead."""
    org_id = make_organization(tx, "acme")
    past = span("2026-01-15T09:00", "2026-01-15T17:00", "America/Vancouver")
    ahead = span("2027-01-15T09:00", "2027-01-15T17:00", "America/Vancouver")
    over = create_event(tx, org_id, "Over", past, actor="test")
    coming = create_event(tx, org_id, "Coming", ahead, actor="test")
    create_session(tx, org_id, coming.id, "Talk", ahead, actor="test")
    elsewhere = span("2027-01-15T09:00", "2027-01-15T17:00", "Europe/Berlin")
    create_event(tx, org_id, "Elsewhere", elsewhere, actor="test")
    return org_id, over.id, coming.id


def test_newer_rules_move_what_lies_ahead_and_nothing_else(db, old_rules) -> None:
    assert zone_data_version() == "2020a"
    org_id, over, coming = db.call(plan)
    db.call(set_fact, FACT, "2020a")
    before = db.call(get_event, org_id, over), db.call(get_event, org_id, coming)
    use_package()
    assert follow_zone_data(db) == 2
    right = span("2027-01-15T09:00", "2027-01-15T17:00", "America/Vancouver")
    moved = db.call(get_event, org_id, coming)
    assert (moved.starts_at, moved.ends_at) == (right.starts_at, right.ends_at)
    assert moved.starts_at != before[1].starts_at
    [session] = db.call(list_sessions, org_id, coming)
    assert (session.starts_at, session.ends_at) == (right.starts_at, right.ends_at)
    assert db.call(get_event, org_id, over) == before[0]
    entry = db.call(list_entries, org_id, "event", coming)[-1]
    assert (entry.actor, entry.action) == ("system", "moved")
    assert entry.facts == {
        "zone_data": tzdata.IANA_VERSION,
        "timezone": "America/Vancouver",
        "before": [before[1].starts_at, before[1].ends_at],
        "after": [right.starts_at, right.ends_at],
    }
    assert db.call(find_followed) == (tzdata.IANA_VERSION, 2)
    assert follow_zone_data(db) is None


def test_newer_rules_move_sales_and_ends_of_registration(db, old_rules) -> None:
    def plan_sales(tx: Tx) -> tuple[OrgId, EventId, TicketTypeId]:
        org_id, _, event_id = plan(tx)
        change = EventChange(registration_ends="2027-01-10T12:00")
        change_event(tx, org_id, event_id, change, actor="test")
        [kind] = list_ticket_types(tx, org_id, event_id)
        sale = TicketTypeChange(sale_ends="2027-01-05T12:00")
        edit_ticket_type(tx, org_id, event_id, kind.id, sale, actor="test")
        return org_id, event_id, kind.id

    org_id, event_id, _ = db.call(plan_sales)
    db.call(set_fact, FACT, "2020a")
    use_package()
    assert follow_zone_data(db) == 4  # the event, its session, its end of registration, its sale
    [kind] = db.call(list_ticket_types, org_id, event_id)
    zone = "America/Vancouver"
    assert (kind.sale_starts_at, kind.sale_ends_at) == (None, instant("2027-01-05T12:00", zone))
    ends = db.call(find_stored_end, org_id, event_id)
    assert ends == instant("2027-01-10T12:00", zone)
    assert follow_zone_data(db) is None


def find_stored_end(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    row = events_sql.find_stored_state(tx, org_id=org_id, id=event_id)
    assert row
    assert row.registration_ends_at
    return row.registration_ends_at


def test_older_rules_are_never_followed(db, old_rules) -> None:
    use_package()
    org_id, _, coming = db.call(plan)
    follow_zone_data(db)
    planned = db.call(get_event, org_id, coming)
    zoneinfo.reset_tzpath(to=())
    db.call(set_fact, FACT, "9999z")
    assert follow_zone_data(db) is None
    assert db.call(get_event, org_id, coming) == planned


def test_a_job_is_sent_at_its_local_time_by_the_newer_rules(db, old_rules) -> None:
    org_id = db.call(
        create_organization, "acme", "Acme", timezone="America/Vancouver", actor="test"
    ).org_id
    login = db.call(make_login, org_id, "au/jo")
    job_id = post(db, login, new_job(scheduled_local="2027-01-15T09:00:00"), ["61412345678"])
    db.call(set_fact, FACT, "2020a")
    wrong = find_times(db, job_id)
    use_package()
    right = instant("2027-01-15T09:00", "America/Vancouver")
    assert wrong != (right, right)
    assert follow_zone_data(db) == 1
    assert find_times(db, job_id) == (right, right)


def find_times(db, job_id: JobId) -> tuple[int, int]:
    def find(tx: Tx) -> tuple[int, int]:
        sql = f"SELECT scheduled_at, due_at FROM jobs WHERE id = {job_id}"
        return tx.connection.execute(sql).fetchone()

    return db.call(find)


def test_doctor_says_what_would_move_and_migrate_moves_it(tmp_path, old_rules) -> None:
    url = new_database("sqlite", tmp_path)
    turnout = Turnout(url)
    with turnout.database() as db:
        db.call(plan)
        db.call(set_fact, FACT, "2020a")
    use_package()
    said = turnout("doctor").output
    assert f"warn zone data       release {tzdata.IANA_VERSION}, the database goes by 2020a" in said
    assert "2 times of events, sessions and jobs that lie ahead would move" in said
    assert "moved 2 times of events, sessions and jobs" in turnout("migrate").output
    said = turnout("doctor").output
    assert f"ok   zone data       release {tzdata.IANA_VERSION}; 2 times of events" in said
    with turnout.database() as db:
        db.call(set_fact, FACT, "9999z")
    assert "older than the database's 9999z" in turnout("doctor").output
