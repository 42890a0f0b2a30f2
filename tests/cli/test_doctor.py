"""`turnout doctor`: it finds what is wrong, and says what to do."""

import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import Result, Turnout, on_new_database
from tests.cli.test_servers import set_schema
from tests.core.messaging.jobs import answer, claim_all, make_login, new_job, post
from tests.core.registrations.hall import Hall
from tests.support.builder import contact, make_organization
from tests.support.node import BACKENDS, Clock, WallClock, new_database, open_node
from tests.support.ports import free_port
from tests.support.server import clean_environment
from tests.support.zone_server import ZoneServer
from turnout.cli.checking_clock import judge_clock, judge_clocks
from turnout.cli.checking_disk import judge_room, judge_speed
from turnout.cli.checking_networks import check_voices
from turnout.cli.checking_store import judge_writing, quick_check
from turnout.cli.finding import Finding
from turnout.core.events.model import span
from turnout.core.events.programme import create_event
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.identity.proxies import note_untrusted_proxies
from turnout.core.maintenance.clock import ClockJump, Clocks, note_time
from turnout.core.messaging.model import Medium
from turnout.core.messaging.opt_outs import opt_out
from turnout.core.messaging.outcomes import Misconfigured
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.site.address import store_address
from turnout.http import name_lookups
from turnout.settings import Settings
from turnout.store import Tx, faults, system_clock
from turnout.store.faults import user_name
from turnout.store.migrations.revisions import HEAD

FINDING = re.compile(r"^(ok|warn|FAIL) +(.{15}) (.*)(?:\n +-> (.*))?", re.MULTILINE)


def read(result: Result) -> dict[str, tuple[str, str, str]]:
    """What was found, by what was looked at: mark, seen, advice."""
    assert result.error == ""
    return {
        what.strip(): (mark, seen, advice)
        for mark, what, seen, advice in FINDING.findall(result.output)
    }


def listen(turnout: Turnout, url: str = "http://127.0.0.1:8080", *, is_set: bool = False) -> None:
    """Store an address, as a serving process does."""
    with turnout.database() as db:
        db.call(store_address, url, is_set=is_set)


def test_all_is_well(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    listen(turnout)
    result = turnout("doctor")
    findings = read(result)
    assert result.code == 0
    assert list(findings) == [
        "database",
        "schema",
        "writing",
        "intake queue",
        "messages",
        "other queues",
        "set aside",
        "zone data",
        "file",
        "clock",
        "disk",
        "disk speed",
        "simulator",
        "voices",
        "links",
    ]
    assert findings["database"] == ("ok", f"{turnout.url} answers", "")
    assert findings["schema"] == ("ok", HEAD, "")
    assert findings["intake queue"] == ("ok", "nothing waits", "")
    assert findings["clock"][0] == "ok"
    assert findings["messages"] == ("ok", "nothing waits", "")
    assert findings["other queues"] == ("ok", "nothing waits", "")
    seen = "carries email, sms, mms, tts, voice, fax; it is a simulator, and reaches nobody"
    assert findings["simulator"] == ("ok", seen, "")
    assert findings["voices"][1].startswith("sophie: hibari:heart; jack: ")


def test_a_voice_without_an_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    table = "*=flite sophie=hibari"
    found = list(check_voices(Settings(tts_voices="sophie,anna,eve", tts_engines=table)))
    assert [finding.seen for finding in found] == [
        "sophie: hibari:heart",
        "no engine speaks for anna, eve",
        "flite:slt: not installed",
    ]
    assert [finding.mark for finding in found[:2]] == ["ok", "ok"]  # gateways speak themselves
    assert found[2].advice.startswith("Correct TURNOUT_TTS_ENGINES")


def test_a_voice_that_an_engine_does_not_know_is_named() -> None:
    table = "*=espeak-ng:xx-klingon,hibari sophie=hibari:nobody"
    found = list(check_voices(Settings(tts_voices="sophie,anna", tts_engines=table)))
    assert [finding.seen for finding in found] == [
        "anna: hibari:heart",
        "no engine speaks for sophie",
        "hibari:nobody: hibari is not installed, or knows no such voice; espeak-ng:xx-klingon: "
        + ("espeak-ng does not speak with it" if shutil.which("espeak-ng") else "not installed"),
    ]


def test_all_is_well_on_postgresql(cluster) -> None:
    turnout = Turnout(new_database("postgresql", Path(), cluster))
    listen(turnout)
    result = turnout("doctor")
    findings = read(result)
    assert result.code == 0
    assert {mark for mark, _, _ in findings.values()} == {"ok"}
    assert findings["server"][1].startswith("PostgreSQL ")
    assert findings["database clock"][1].endswith(" ms from this machine's")
    assert "***" in findings["database"][1]


def test_no_database(tmp_path: Path) -> None:
    path = tmp_path / "turnout.db"
    result = Turnout(f"sqlite:///{path}")("doctor")
    assert result.code == 1
    assert read(result)["database"] == (
        "FAIL",
        f"sqlite:///{path}: There is no database at {path}",
        "Run `turnout migrate` to make it, or correct TURNOUT_DATABASE_URL.",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none" / "turnout.db"
    result = Turnout(f"sqlite:///{path}")("doctor")
    findings = read(result)
    assert result.code == 1
    assert findings["disk"] == (
        "FAIL",
        f"{path.parent}: No such file or directory",
        "The folder must exist, and this user must be allowed to write there.",
    )
    assert "disk speed" not in findings


@pytest.mark.parametrize(
    ("schema", "seen", "advice"),
    [
        (None, "none", "Run `turnout migrate`."),
        ("0000", "0000", "Run `turnout migrate`."),
        ("9999", "9999", "Install the newer Turnout: this one must not touch the database."),
    ],
)
def test_another_schema(tmp_path: Path, schema: str | None, seen: str, advice: str) -> None:
    turnout = on_new_database(tmp_path)
    path = tmp_path / "turnout.db"
    if schema:
        set_schema(path, schema)
    else:
        path.write_bytes(b"")
    result = turnout("doctor")
    assert result.code == 1
    assert read(result)["schema"] == ("FAIL", seen, advice)
    assert "intake queue" not in read(result)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database\n")
    result = Turnout(f"sqlite:///{path}")("doctor")
    mark, seen, advice = read(result)["database"]
    assert (result.code, mark) == (1, "FAIL")
    assert seen == f"sqlite:///{path}: This is not a Turnout database"
    assert advice.startswith(f"Correct TURNOUT_DATABASE_URL, which names {path}")


def test_a_server_that_does_not_answer() -> None:
    result = Turnout(f"postgresql://u:secret@127.0.0.1:{free_port()}/turnout")("doctor")
    mark, seen, advice = read(result)["database"]
    assert (result.code, mark) == (1, "FAIL")
    assert "Connection refused" in seen
    assert advice.startswith("Correct TURNOUT_DATABASE_URL, or see that the database runs")
    assert "secret" not in result.output


def test_an_address_that_is_none() -> None:
    result = Turnout("mysql://host/name")("doctor")
    findings = read(result)
    assert result.code == 2
    assert findings["database"][2] == "Correct TURNOUT_DATABASE_URL."


def test_a_queue_that_nobody_processes(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with turnout.database() as db:
        db.call(queue_registration)
    assert re.fullmatch(r"\d s behind", read(turnout("doctor"))["intake queue"][1])
    connection = sqlite3.connect(tmp_path / "turnout.db")
    with connection:
        connection.execute("UPDATE submissions SET due_at = due_at - 3600000")
    connection.close()
    result = turnout("doctor")
    mark, seen, advice = read(result)["intake queue"]
    assert (result.code, mark) == (0, "warn")
    assert re.fullmatch(r"the oldest registration has waited for 360\d s", seen)
    assert advice.startswith("See that a `turnout serve` or `turnout work` runs")


def queue_registration(tx: Tx) -> None:
    org_id = make_organization(tx, "acme")
    when = span("2027-03-01T09:00", "2027-03-01T17:00", "UTC")
    event = create_event(tx, org_id, "Summit", when, actor="test")
    credential, _ = issue_credential(tx, org_id, CredentialKind.API_KEY, "test", actor="test")
    submitted = Submitted(Contact(email="ada@example.com"))
    application = Application(TargetNoun.EVENT, event.pak, ["1234567890123456"], submitted)
    accept(tx, Principal(org_id, credential.id), application)


def execute(tx: Tx, statement: str) -> None:
    tx.connection.execute(statement)


def test_messages_that_nobody_sends(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        login = db.call(make_login, org_id, "au/jo")
        job_id = post(db, login, new_job(), ["61412345678"])
        for seconds, mark in ((50, "ok"), (61, "warn")):
            late = f"UPDATE jobs SET ready_at = {db.clock() - seconds * 1000} WHERE id = {job_id}"
            db.call(execute, late)
            found = read(turnout("doctor"))["messages"]
            assert found[0] == mark
    assert re.fullmatch(rf"job {job_id} has waited for 6\d s to be sent", found[1])
    assert "See that a `turnout serve` or `turnout work` runs" in found[2]


def test_mail_domains_that_nobody_proved(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    turnout.ok("sender", "domain", "add", "acme", "acme.example")
    mark, seen, advice = read(turnout("doctor"))["mail domains"]
    assert (mark, seen) == ("warn", "not verified: acme.example (acme)")
    assert advice.startswith("Publish their records and run `turnout sender domain check")
    turnout.ok("sender", "domain", "remove", "acme", "acme.example")
    assert "mail domains" not in read(turnout("doctor"))


def test_opt_outs_whose_numbers_cannot_be_read(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        db.call(opt_out, org_id, Medium.SMS, "0412345678", source="reply")
    mark, seen, advice = read(turnout("doctor"))["numbers"]
    assert mark == "warn"
    assert seen == "1 opt-outs have numbers of no known country: 0412345678 (sms, acme)"
    assert "turnout org set ORG --country DE" in advice
    turnout.ok("org", "set", "acme", "--country", "AU")
    assert "numbers" not in read(turnout("doctor"))


def test_messages_that_a_misconfigured_carrier_holds_up(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        login = db.call(make_login, org_id, "au/jo")
        job_id = post(db, login, new_job(), ["61412345678", "61412345679"])
        answer(db, claim_all(db), Misconfigured("The provider answered 302"))
    mark, seen, advice = read(turnout("doctor"))["messages"]
    assert mark == "warn"
    words = "2 wait because a carrier is misconfigured"
    assert seen == f"{words}; of job {job_id}: The provider answered 302"
    assert "after a day they fail" in advice


def test_networks_that_answer_and_that_do_not(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        chosen: dict[str, Any] = {
            "carrier_email": "smtp",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "carrier_sms": "http_sms",
            "http_sms_url": f"http://127.0.0.1:{free_port()}/messages",
            "smpp_host": "smsc.example.com",
        }
        result = turnout("doctor", **chosen)
    findings = read(result)
    assert result.code == 1
    assert findings["smtp"] == ("ok", f"carries email; 127.0.0.1:{port} answers", "")
    mark, seen, advice = findings["http_sms"]
    assert (mark, "does not answer" in seen) == ("FAIL", True)
    assert advice.startswith("Correct the TURNOUT_HTTP_SMS_… settings")
    assert findings["smpp"][:2] == ("warn", "has settings, and carries nothing")
    assert findings["links"][0] == "warn"


def test_each_account_is_tried_and_routes_are_shown(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as there:
        account = {"system_id": "me", "password": "hush", "host": "127.0.0.1"}
        chosen: dict[str, Any] = {
            "carrier_sms": "smpp",
            "smpp_accounts": "uk",
            "routes_sms": "44=smpp_uk:2,smpp",
            "smpp_port": there.getsockname()[1],
            "smpp_uk_port": free_port(),
            **{f"smpp_{name}": value for name, value in account.items()},
            **{f"smpp_uk_{name}": value for name, value in account.items()},
        }
        findings = read(turnout("doctor", **chosen))
    assert findings["smpp"][0] == "ok"
    assert findings["smpp_uk"][0] == "FAIL"
    assert findings["smpp_uk"][2].startswith("Correct the TURNOUT_SMPP_UK_… settings")
    seen = "sms: * → smpp then smpp_uk; 44 → smpp_uk (2) and smpp (1)"
    assert findings["routes"] == ("ok", seen, "")


def test_a_clock_that_was_never_set() -> None:
    assert judge_clock(time.gmtime(0)) == Finding(
        "clock",
        "1970-01-01 00:00:00Z",
        "Set the clock, and run a time service.",
        is_failure=True,
    )


def test_a_clock_that_was_set_is_told_for_a_week() -> None:
    jump = ClockJump(1_800_000_000_000, -3_600_000)
    (told,) = judge_clocks(Clocks(0, jump), jump.at + 7 * 24 * 3_600_000 - 1)
    assert told == Finding(
        "clock was set",
        "3600 s back, at 2027-01-15 08:00:00Z",
        "Run a time service that slews the clock, and find out what set it.",
    )
    assert list(judge_clocks(Clocks(0, jump), jump.at + 7 * 24 * 3_600_000)) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_stored_times_in_the_future_are_told(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    turnout = Turnout(url)
    listen(turnout)
    with turnout.database() as db:
        ahead = db.clock() + 7_200_500
    with open_node(url, clock=Clock(ahead)) as node:
        node.db.call(note_time)
    result = turnout("doctor")
    mark, seen, advice = read(result)["stored times"]
    assert (result.code, mark) == (0, "warn")
    assert re.match(r"the newest is 7\d\d\d s in the future: the clock was set back", seen)
    assert advice.startswith("See that the clock is right and a time service runs.")


@pytest.mark.parametrize(("free_gib", "mark"), [(0.9, "warn"), (1, "ok"), (500, "ok")])
def test_the_room_that_is_left(free_gib: float, mark: str) -> None:
    finding = judge_room(Path("/data"), int(free_gib * 2**30))
    assert (finding.mark, finding.seen) == (mark, f"{free_gib:.1f} GiB free at /data")


@pytest.mark.parametrize(("fsync_ms", "mark"), [(0.2, "ok"), (20, "ok"), (21, "warn")])
def test_the_speed_of_the_disk(fsync_ms: float, mark: str) -> None:
    finding = judge_speed(fsync_ms)
    assert (finding.mark, finding.seen) == (mark, f"{fsync_ms:.1f} ms to make a write durable")


def test_a_proxy_that_nobody_has_named_is_told_of(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with turnout.database() as db:
        db.call(note_untrusted_proxies, ["127.0.0.1"])
    result = turnout("doctor")
    mark, seen, advice = read(result)["proxy"]
    assert (result.code, mark) == (0, "warn")
    assert seen.startswith("127.0.0.1 forwards requests and is not trusted")
    assert "TURNOUT_TRUSTED_PROXIES=127.0.0.1" in advice
    assert "proxy" not in read(turnout("doctor", trusted_proxies="127.0.0.0/8"))


def test_of_a_database_that_could_not_be_asked_nothing_is_said_but_that() -> None:
    turnout = Turnout("postgresql://turnout@127.0.0.1:1/turnout")
    result = turnout("doctor")
    findings = read(result)
    assert (result.code, findings["database"][0]) == (1, "FAIL")
    assert "links" not in findings
    assert findings["disk"] == (
        "ok",
        "the database's is its server's, and cannot be seen from here",
        "",
    )
    set_here = ("ok", "https://x.example, set here (TURNOUT_BASE_URL)", "")
    assert read(turnout("doctor", base_url="https://x.example/"))["links"] == set_here


def test_a_damaged_file_is_found_and_the_other_checks_go_on(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    path = tmp_path / "turnout.db"
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 20)
    result = turnout("doctor")
    findings = read(result)
    assert result.code == 1
    assert findings["file"][0] == "FAIL"
    assert "restore a backup" in findings["file"][2]
    assert {"clock", "disk", "simulator"} <= findings.keys()


def test_a_big_file_is_read_for_a_bounded_time(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with turnout.database() as db:
        db.call(execute, "CREATE TABLE many (n INTEGER PRIMARY KEY, text TEXT)")
        rows = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 100000)"
        db.call(execute, f"INSERT INTO many {rows} SELECT n, hex(randomblob(20)) FROM n")
    path = tmp_path / "turnout.db"
    assert quick_check(path, 60).seen.startswith("sound (")
    assert "nothing wrong in" in quick_check(path, 0).seen


@pytest.mark.parametrize(
    ("code", "word"), [(faults.FULL, "disk full: "), (faults.READ_ONLY, "read-only: ")]
)
def test_what_cannot_be_written_is_said_in_plain_words(code: str, word: str) -> None:
    finding = judge_writing(faults.as_failure(code, OSError()))
    assert (finding.mark, finding.what) == ("FAIL", "writing")
    assert finding.seen.startswith(word)


def test_a_name_server_for_sender_domains_that_is_silent_or_none(tmp_path: Path, monkeypatch):
    turnout = on_new_database(tmp_path)
    wrong = turnout("doctor", sender_resolver="dns.example")
    assert wrong.error.startswith(
        "settings: TURNOUT_SENDER_RESOLVER: 'dns.example' is not the address"
    )
    with ZoneServer() as dns:
        assert "name server" not in read(turnout("doctor", sender_resolver=dns.address))
        dns.is_silent = True
        monkeypatch.setattr(name_lookups, "LOOKUP_S", 0.2)
        found = read(turnout("doctor", sender_resolver=dns.address))["name server"]
    assert found[:2] == ("warn", f"{dns.address} of TURNOUT_SENDER_RESOLVER does not answer")


def test_a_sender_that_no_network_takes(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    assert "mail sender" not in read(turnout("doctor"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        smtp = {
            "carrier_email": "smtp",
            "smtp_host": "127.0.0.1",
            "smtp_port": listening.getsockname()[1],
        }
        found = read(turnout("doctor", **smtp))["mail sender"]
        assert found[0] == "warn"
        assert found[1].startswith("mails come from turnout@localhost")
        smtp["mail_from"] = "a@Example.com"
        assert "mail sender" not in read(turnout("doctor", **smtp))
        secret = {"smtp_return_path_secret": "0123456789abcdef"}
        aligned = {"smtp_return_path_domain": "bounces.example.com", **secret}
        assert "mail sender" not in read(turnout("doctor", **smtp, **aligned))
        forged = {"smtp_return_path_domain": "bounces.example.org", **secret}
        found = read(turnout("doctor", **smtp, **forged))["mail sender"]
        assert found[:2] == (
            "warn",
            "a@Example.com is neither in the domain that signs nor in that of return paths",
        )


def test_the_address_in_links_is_the_one_that_counts(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    mark, seen, advice = read(turnout("doctor"))["links"]
    assert mark == "warn"
    assert seen.startswith("their address is not known: commands that write links refuse")
    assert advice.startswith("Set TURNOUT_BASE_URL")

    set_here = {"base_url": "https://x.example/"}
    own = ("ok", "https://x.example, set here (TURNOUT_BASE_URL)", "")
    assert read(turnout("doctor", **set_here))["links"] == own

    listen(turnout, "http://127.0.0.1:9000")
    seen = "http://127.0.0.1:9000, where a server listens; TURNOUT_BASE_URL is not set"
    assert read(turnout("doctor"))["links"] == ("ok", f"{seen}: this machine only", "")
    assert read(turnout("doctor", host="0.0.0.0"))["links"][:2] == ("warn", seen)
    listen(turnout, "http://10.0.0.1:9000")
    assert read(turnout("doctor"))["links"][0] == "warn"
    assert read(turnout("doctor", **set_here))["links"] == own

    listen(turnout, "https://events.example.com", is_set=True)
    seen = "https://events.example.com, set for a server of this database"
    assert read(turnout("doctor"))["links"] == ("ok", seen, "")
    mark, seen, _ = read(turnout("doctor", **set_here))["links"]
    assert mark == "warn"
    assert "https://events.example.com, set for a server, counts in processes without" in seen


def mount(how: str, folder: Path, *commands: str, url: str) -> list[str]:
    """What shell commands print, in a mount namespace of their own; `how` mounts `folder`."""
    script = " && ".join([how.format(folder=shlex.quote(str(folder))), "{ " + "; ".join(commands)])
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    run = subprocess.run(
        ["unshare", *as_root, "--mount", "sh", "-c", script + "; }"],
        env=clean_environment(database_url=url) | {"TURNOUT": f"{sys.executable} -m turnout"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return (run.stdout + run.stderr).splitlines()


def test_a_read_only_database_is_read_and_doctor_goes_on(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    how = "mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"
    listed = mount(how, tmp_path, "$TURNOUT org list", url=str(turnout.url))
    assert [line.split()[:2] for line in listed[1:]] == [["10001", "acme"]]

    advice = (
        f"Mount {tmp_path} writable, or let the user {user_name()} write turnout.db and its folder."
    )
    made = mount(how, tmp_path, "$TURNOUT org create other", url=str(turnout.url))
    assert made == [f"error: Read-only: the database cannot be written. {advice}"]

    seen = mount(how, tmp_path, "$TURNOUT doctor", url=str(turnout.url))
    assert "FAIL writing         read-only: the database cannot be written." in seen
    assert f"     -> {advice}" in seen
    assert any(line.startswith("ok   file            sound") for line in seen)
    assert any(line.startswith("ok   simulator") for line in seen)


def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'turnout.db'}"
    how = "mount -t tmpfs -o size=4m tmpfs {folder}"
    fill = f"dd if=/dev/zero of={shlex.quote(str(tmp_path))}/filling bs=4k 2>/dev/null"
    commands = ("$TURNOUT migrate --quiet", fill, "$TURNOUT org create acme", "$TURNOUT doctor")
    advice = f"Free some space on {tmp_path}, where turnout.db is."
    full = "the database cannot write. Nothing was changed."
    *seen, refusal = mount(how, tmp_path, *commands, url=url)
    assert refusal == f"error: Disk full: {full} {advice}"
    assert [line for line in seen if "error" in line] == []
    assert f"FAIL database        {url}: Disk full: the database cannot write" in seen
    assert seen.count(f"     -> {advice}") == 1
    assert f"FAIL disk            {tmp_path}: No space left on device" in seen


def test_ticket_mails_that_nobody_writes(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    with open_node(f"sqlite:///{tmp_path}/turnout.db", clock=WallClock()) as node:
        hall = Hall(node, None, (1, 1))
        hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
        for seconds, mark in ((50, "ok"), (61, "warn")):
            node.execute(f"UPDATE ticket_mails SET due_at = {system_clock() - seconds * 1000}")
            found = read(turnout("doctor"))["other queues"]
            assert found[0] == mark
    assert re.fullmatch(r"ticket mail: 6\d s behind", found[1])
