"""`turnout demo`: the same programme everywhere, seeded once, completed when interrupted."""

import json
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.runner import Result, Turnout
from tests.support import templates
from tests.support.server import Server, clean_environment
from turnout.cli.demo_server import choose_settings, read_members, seed, write_private
from turnout.core.exams.model import ExamRequest
from turnout.core.exams.planning import make_exam
from turnout.core.identity.demo import get_demo_organization
from turnout.core.identity.members import find_password
from turnout.core.identity.passwords import is_password
from turnout.core.ids import RecipientId
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.calling import Call, find_faults, get_calling, set_calling
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import Content as Said
from turnout.core.messaging.model import JobType, KeyResponse, NewJob, NewRecipient
from turnout.core.messaging.numbers import is_deliverable
from turnout.core.messaging.prices import Prices
from turnout.demo import registration
from turnout.demo.attendance import CAMPAIGNS, WAITING
from turnout.demo.booking import LEARNERS
from turnout.demo.content import Content, show_all
from turnout.demo.messaging import LISTS
from turnout.demo.registration import WEBINARS
from turnout.demo.reporting import PEOPLE
from turnout.settings import Settings
from turnout.store import Tx, open_database

MEMBERS = [
    "apiKey",
    "eventPak",
    "sessionPaks",
    "fullSessionPak",
    "closedEventPak",
    "closedSessionPak",
    "channelPak",
    "channelSessionPaks",
]


def seed_in(folder: Path) -> dict[str, Any]:
    url = f"sqlite:///{folder / 'turnout.db'}"
    if not (folder / "turnout.db").exists():
        templates.copy_migrated(folder / "turnout.db")
    content = seed(Settings(database_url=url, allow_demo=True), folder / "demo.json")
    made: dict[str, Any] = msgspec.to_builtins(content)
    return made


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def facts(folder: Path) -> dict[str, Any]:
    """What the demo consists of, apart from stamps, numbers and secrets."""
    path = folder / "turnout.db"
    return {
        "events": ask(
            path,
            "SELECT title, pak, state, held FROM events "
            "WHERE id NOT IN (SELECT event_id FROM exams) ORDER BY id",
        ),
        "exams": ask(
            path,
            """SELECT e.title, e.state, e.held, e.capacity, x.kind FROM exams x
            JOIN events e ON e.id = x.event_id ORDER BY x.number""",
        ),
        "learners": ask(path, "SELECT code, name_key FROM learners ORDER BY 1"),
        "sessions": ask(path, "SELECT title, pak, capacity, held FROM sessions ORDER BY id"),
        "people": ask(path, "SELECT email, first_name, last_name, company FROM people ORDER BY 1"),
        "bookings": ask(
            path,
            """SELECT p.email, s.title FROM session_bookings b
            JOIN registrations r ON r.id = b.registration_id JOIN people p ON p.id = r.person_id
            JOIN sessions s ON s.id = b.session_id ORDER BY 1, 2""",
        ),
        "tickets": ask(path, "SELECT state, count(*) FROM tickets GROUP BY state"),
    }


def take_secrets(members: dict[str, Any]) -> list[str]:
    """The secrets of demo.json, taken out of it."""
    users = [members["messaging"][name] for name in ("admin", "agent", "user")]
    tokens = [members["attendance"].pop(name) for name in ("eventToken", "companyToken")]
    users.append(members["reporting"])
    passwords = [user.pop("password") for user in users]
    # The organization's GUID tells when it was made.
    members["booking"].pop("organization")
    secret = members["booking"].pop("secret")
    return [members["registration"].pop("apiKey"), *tokens, secret, *passwords]


def counts(folder: Path) -> dict[str, int]:
    path = folder / "turnout.db"
    names = [name for (name,) in ask(path, "SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {name: ask(path, f"SELECT count(*) FROM {name}")[0][0] for name in names}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a demo that was seeded without interruption; look, and do not touch."""
    folder = tmp_path_factory.mktemp("seeded")
    templates.copy_demo(folder)
    return folder


def test_the_demo_is_a_believable_programme(seeded: Path) -> None:
    found = facts(seeded)
    states = {title: state for title, _, state, _ in found["events"]}
    full = [(held, capacity) for _, _, capacity, held in found["sessions"] if held == capacity]
    assert (states["Open Rail Summit"], states["Winter meetup"]) == ("open", "closed")
    assert len(states) == 4 + len(registration.WEBINARS)
    invited = sum(campaign[3] for campaign in CAMPAIGNS)
    known = registration.PEOPLE + invited + WAITING + LEARNERS + PEOPLE
    assert len(found["people"]) == known
    assert full == [(registration.FULL_SESSION_PLACES, registration.FULL_SESSION_PLACES)]
    assert all(held > 0 for _, _, state, held in found["events"] if state != "cancelled")
    assert ask(seeded / "turnout.db", "SELECT DISTINCT status FROM queue_items") == [("success",)]


def test_demo_json_leads_to_the_programme(seeded: Path) -> None:
    members = json.loads((seeded / "demo.json").read_text())
    registered = members["registration"]
    sessions = {pak: title for title, pak, _, _ in facts(seeded)["sessions"]}
    events = {pak: title for title, pak, _, _ in facts(seeded)["events"]}
    assert members["base_url"] == "http://127.0.0.1:8080"
    assert list(registered) == MEMBERS
    assert events[registered["eventPak"]] == "Open Rail Summit"
    assert events[registered["closedEventPak"]] == "Winter meetup"
    assert sessions[registered["fullSessionPak"]] == "Workshop: interlocking by hand"
    assert sessions[registered["closedSessionPak"]] == "Depot tour"
    assert [sessions[pak] for pak in registered["channelSessionPaks"]] == [*WEBINARS]
    assert len(registered["sessionPaks"]) == 6


def test_demo_json_has_users_and_lists_of_the_messaging_api(seeded: Path) -> None:
    messaging = json.loads((seeded / "demo.json").read_text())["messaging"]
    assert list(messaging) == ["admin", "agent", "user", "userListIds"]
    path = seeded / "turnout.db"
    hashes = ask(
        path,
        """SELECT u.user_code, u.role, c.digest FROM users u
        JOIN credentials c ON c.org_id = u.org_id AND c.user_id = u.id
        WHERE u.user_code LIKE 'demo/%' ORDER BY 1""",
    )
    assert [(code, role) for code, role, _ in hashes] == [
        ("demo/admin", "Admin"),
        ("demo/agent", "Agent"),
        ("demo/user", "Acct"),
    ]
    for (code, _, hashed), name in zip(hashes, ("admin", "agent", "user"), strict=True):
        assert messaging[name]["username"] == code
        assert is_password(messaging[name]["password"], hashed)
    lists = ask(path, "SELECT id, name, entries FROM user_lists ORDER BY id")
    assert lists == list(
        zip(messaging["userListIds"], *zip(*LISTS.items(), strict=True), strict=True)
    )
    numbers = ask(path, "SELECT mobile, phone FROM list_entries")
    assert all(is_deliverable(number) for row in numbers for number in row)
    assert len({mobile for mobile, _ in numbers}) == len(numbers) == sum(LISTS.values())


def test_the_demo_calls_the_numbers_that_integrators_try(seeded: Path, tmp_path: Path) -> None:
    copy_seeded(seeded, tmp_path)
    numbers = ["33677680275", "61498765432", "12025550123", "442079460018", "6433456789"]
    keys = (KeyResponse("1", redirect_to="6987654321"), KeyResponse("3", redirect_to="6987654322"))
    new = NewJob(
        job_type=JobType.TWO_WAY_TTS, name="test", content=Said(text="Press 1.", keys=keys)
    )
    policy = Policy(Prices(""), (), "no-reply@turnout.test")

    def look(tx: Tx) -> tuple[dict[RecipientId, str], tuple[str, ...]]:
        found = find_password(tx, "demo/user")
        assert found is not None
        job_id = accept_job(tx, found.principal, new, [NewRecipient(f"+{numbers[0]}")], policy)
        head = get_job_head(tx, found.principal.org_id, job_id)
        calls = [Call(RecipientId(place), number, 0) for place, number in enumerate(numbers)]
        faults = find_faults(tx, head, calls, Fence())
        set_calling(tx, head.org_id, ["PL"], actor="test")
        return faults, get_calling(tx, head.org_id).countries

    db = open_database(
        Settings(database_url=f"sqlite:///{tmp_path / 'turnout.db'}", allow_demo=True)
    )
    try:
        assert db.call(look) == ({}, ("PL",))
        seed_in(tmp_path)
        org_id = db.call(get_demo_organization).org_id
        assert db.call(get_calling, org_id).countries == ("PL",)
    finally:
        db.close()


def test_demo_json_leads_to_the_door(seeded: Path) -> None:
    door = json.loads((seeded / "demo.json").read_text())["attendance"]
    path = seeded / "turnout.db"
    checked = dict(ask(path, "SELECT code, checked_in_at IS NOT NULL FROM tickets"))
    assert len(set(door["ticketCodes"])) >= 20
    assert not any(checked[code] for code in door["ticketCodes"])
    assert checked[door["checkedCode"]] == 1
    states = ask(
        path,
        "SELECT state, count(*) FROM invitation_states "
        f"WHERE campaign_id = {door['invitationId']} GROUP BY 1 ORDER BY 1",
    )
    assert states == [("confirmed", 8), ("declined", 4), ("pending", 12)]
    assert len(door["recipientIds"]) == 12
    sold_out = ask(path, "SELECT name FROM ticket_types WHERE capacity = held")
    assert sold_out == [("Dinner",)]
    assert ask(path, "SELECT title FROM events WHERE state = 'cancelled'") == [
        ("Autumn excursion",)
    ]
    assert ask(path, "SELECT id FROM events ORDER BY id LIMIT 1") == [(door["eventId"],)]


def test_demo_json_leads_to_the_exams(seeded: Path) -> None:
    booking = json.loads((seeded / "demo.json").read_text())["booking"]
    assert list(booking) == [
        "secret",
        "organization",
        "venue",
        "learners",
        "assessments",
        "billingCode",
        "examEvent",
    ]
    assert facts(seeded)["exams"] == [
        ("Spring exams", "open", 8, 12, "Exam"),
        ("Winter exams", "draft", 0, None, "Exam"),
        ("Route knowledge", "open", 3, 3, "Class"),
        ("Brake test", "closed", 0, 10, "Class"),
    ]
    path = seeded / "turnout.db"
    assert len(set(booking["learners"])) == LEARNERS
    known = {uuid for (uuid,) in ask(path, "SELECT uuid FROM people")}
    assert set(booking["learners"]) <= known
    assert booking["assessments"] == ["SIG-1", "SIG-2", "DRV-1"]
    assert ask(path, "SELECT title FROM events WHERE uuid = '" + booking["examEvent"] + "'") == [
        ("Spring exams",)
    ]


def test_demo_json_leads_to_the_audience(seeded: Path) -> None:
    reporting = json.loads((seeded / "demo.json").read_text())["reporting"]
    assert list(reporting) == ["username", "password", "eventId"]
    path = seeded / "turnout.db"
    of = f"WHERE event_id = {reporting['eventId']}"
    ((hashed,),) = ask(
        path,
        "SELECT c.digest FROM users u JOIN credentials c ON c.user_id = u.id "
        f"WHERE u.user_code = '{reporting['username']}'",
    )
    assert is_password(reporting["password"], hashed)
    modes = ask(path, f"SELECT mode, count(*) FROM viewings {of} GROUP BY 1 ORDER BY 1")
    assert modes == [("live", 30), ("od", 20), ("simlive", 30)]
    watched = f"SELECT registration_id FROM viewings {of}"
    no_shows = f"SELECT count(*) FROM registrations {of} AND id NOT IN ({watched})"
    assert ask(path, no_shows) == [(10,)]
    assert ask(path, f"SELECT count(DISTINCT sti) FROM registrations {of}") == [(3,)]
    days = f"SELECT count(DISTINCT created_at / 86400000) FROM registrations {of}"
    assert ask(path, days)[0][0] >= 5
    domains = "SELECT count(DISTINCT substr(email, instr(email, '@'))) FROM people p"
    joined = f"{domains} JOIN registrations r ON r.person_id = p.id {of}"
    assert ask(path, joined) == [(3,)]
    for name in ("questions", "survey_answers"):
        assert ask(path, f"SELECT count(*) >= 10 FROM {name} {of}") == [(1,)]


def test_demo_json_and_the_database_are_for_their_owner_only(seeded: Path) -> None:
    for name in ("demo.json", "turnout.db"):
        assert stat.S_IMODE((seeded / name).stat().st_mode) == 0o600


def test_the_programme_is_the_same_everywhere_and_the_key_is_not(
    seeded: Path, tmp_path: Path
) -> None:
    here, there = seed_in(tmp_path), json.loads((seeded / "demo.json").read_text())
    assert facts(tmp_path) == facts(seeded)
    for mine, yours in zip(take_secrets(here), take_secrets(there), strict=True):
        assert mine != yours
    assert here == there


def copy_seeded(seeded: Path, folder: Path) -> dict[str, Any]:
    """A seeded demo to be touched; returns what its demo.json says."""
    for path in seeded.iterdir():
        shutil.copy2(path, folder)
    return json.loads((folder / "demo.json").read_text())


def test_seeding_again_changes_nothing(seeded: Path, tmp_path: Path) -> None:
    first = copy_seeded(seeded, tmp_path)
    before = counts(tmp_path), (tmp_path / "demo.json").read_bytes()
    assert seed_in(tmp_path) == first
    assert (counts(tmp_path), (tmp_path / "demo.json").read_bytes()) == before


def test_its_jobs_are_not_sent_again_however_many_came_after_them(
    seeded: Path, tmp_path: Path
) -> None:
    copy_seeded(seeded, tmp_path)
    path = tmp_path / "turnout.db"
    own = ask(path, "SELECT name FROM jobs WHERE kind = 'broadcast' ORDER BY id")
    named = {"id": "j.id + n", "name": "'later'"}
    columns = [row[1] for row in ask(path, "PRAGMA table_info(jobs)")]
    copied = ", ".join(named.get(column, f"j.{column}") for column in columns)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM numbers "
            f"WHERE n < 2001) INSERT INTO jobs SELECT {copied} FROM numbers, "
            "(SELECT * FROM jobs WHERE kind = 'broadcast' ORDER BY id DESC LIMIT 1) j"
        )
    seed_in(tmp_path)
    found = ask(
        path, "SELECT name FROM jobs WHERE name <> 'later' AND kind = 'broadcast' ORDER BY id"
    )
    assert found == own


def test_a_demo_that_was_used_up_starts_again(seeded: Path, tmp_path: Path) -> None:
    """Over a hundred exams, everybody checked in, and nobody left to invite."""
    first = copy_seeded(seeded, tmp_path)
    wanted = ExamRequest(
        first["booking"]["venue"],
        4_083_840_000_000,
        exam_type="Class",
        exam_format="Paper",
        billing_code=first["booking"]["billingCode"],
    )
    db = open_database(Settings(database_url=f"sqlite:///{tmp_path / 'turnout.db'}"))
    try:
        db.call(use_up, wanted)
    finally:
        db.close()
    again = seed_in(tmp_path)
    assert again["booking"] == first["booking"]
    assert (again["attendance"]["ticketCodes"], again["attendance"]["recipientIds"]) == ([], [])
    attendance = next(
        trial
        for trial in show_all(msgspec.convert(again, Content)).trials
        if trial.api == "attendance"
    )
    assert [step.title for step in attendance.steps] == ["Show the event of a token"]


def use_up(tx: Tx, wanted: ExamRequest) -> None:
    org_id = get_demo_organization(tx).org_id
    for _ in range(101):
        make_exam(tx, org_id, wanted, actor="test")
    tx.connection.execute("UPDATE tickets SET checked_in_at = 1")
    tx.connection.execute(f"UPDATE invitations SET declined_at = 1, declined_after = {2**53}")


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_text("{half"), None])
def test_a_lost_demo_json_is_written_anew_with_a_new_key(
    seeded: Path, tmp_path: Path, damage: Any
) -> None:
    first = copy_seeded(seeded, tmp_path)
    file = tmp_path / "demo.json"
    if damage:
        damage(file)
    else:
        file.write_text("[]")
    again = seed_in(tmp_path)
    assert json.loads(file.read_text()) == again
    for new, old in zip(take_secrets(again), take_secrets(first), strict=True):
        assert new != old
    assert again == first
    states = ask(
        tmp_path / "turnout.db",
        "SELECT kind, revoked_at IS NULL, count(*) FROM credentials GROUP BY 1, 2 ORDER BY 1, 2",
    )
    assert states == [
        ("api_key", 0, 1),
        ("api_key", 1, 1),
        ("company_token", 0, 1),
        ("company_token", 1, 1),
        ("developer_secret", 0, 1),
        ("developer_secret", 1, 1),
        ("event_token", 0, 1),
        ("event_token", 1, 1),
        ("password", 0, 4),
        ("password", 1, 4),
    ]


# The process that seeds is killed by its own progress report: at the same point in every run.
KILLED = """
import os, signal, sys
from turnout.demo import registration
from turnout.demo.cast import SEED
from turnout.settings import Settings
from turnout.store import Tx, open_database
from turnout.store import Ids, open_database
def progress(done, total):
    if done == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
settings = Settings(database_url=sys.argv[1], allow_demo=True)
registration.seed(open_database(settings, ids=Ids(SEED)), {}, progress)
"""


@pytest.mark.parametrize("people", [1, 150, registration.PEOPLE])
def test_an_interrupted_seeding_is_completed_by_the_next_run(
    seeded: Path, tmp_path: Path, people: int
) -> None:
    url = f"sqlite:///{tmp_path / 'turnout.db'}"
    templates.copy_migrated(tmp_path / "turnout.db")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(people)], env=clean_environment(), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(facts(tmp_path)["people"]) == people
    assert dict(row[::2] for row in facts(tmp_path)["events"])["Winter meetup"] == "open"
    members = seed_in(tmp_path)
    assert facts(tmp_path) == facts(seeded)
    assert read_members(tmp_path / "demo.json") == members


def test_the_demo_serves_what_it_seeded_and_again_after_a_restart(tmp_path: Path) -> None:
    server = Server(tmp_path, seeds=True)
    for _ in range(2):
        with server:
            headers = {"APIKey": server.demo["registration"]["apiKey"]}
            answer = server.ask("POST", "/v1.0/signin", headers=headers)
            assert (answer.status, answer.json()["expiresIn"]) == (200, 3600)
            assert server.demo["base_url"] == server.url
            assert server.stop() == 0
    introductions = server.read_log().split("Turnout serves its demo at ")[1:]
    assert len(introductions) == 2
    same = [re.sub(r"/link/[\w-]{43}", "/link/…", said.split("{")[0]) for said in introductions]
    assert same[0] == same[1]
    assert "/console/sign-in/link/…" in same[0]
    assert server.demo["registration"]["apiKey"] in introductions[0]


def test_the_demo_refuses_a_misspelled_setting_and_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    result = Turnout(None)("demo", "--data", data, database_ulr="sqlite:///x.db")
    assert result == Result(
        2,
        "",
        "settings: TURNOUT_DATABASE_ULR in the environment is not a known setting; "
        "run `turnout settings` for the list\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_the_database_is_in_the_data_folder_unless_one_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.environ", clean_environment())
    own = choose_settings(tmp_path, host=None, port=9000)
    assert (own.database_url, own.port) == (f"sqlite:///{tmp_path / 'turnout.db'}", 9000)
    config = tmp_path / "turnout.toml"
    config.write_text('database_url = "postgresql://db.example.com/demo"\n')
    monkeypatch.setattr("os.environ", clean_environment(config=config))
    assert choose_settings(tmp_path, host=None, port=None).database_url == (
        "postgresql://db.example.com/demo"
    )


def test_a_private_file_is_never_half_written_nor_readable_by_others(tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    file.touch(mode=0o666)
    (tmp_path / "demo.json.new").write_text("left by a killed run")
    write_private(file, "{}\n")
    assert file.read_text() == "{}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
