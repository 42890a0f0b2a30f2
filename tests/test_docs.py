"""What the docs say is so: paths, settings, commands, codes, metrics, sizes, and what they run."""

import base64
import csv
import inspect
import itertools
import json
import re
import shlex
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.runner import Turnout
from tests.support.curl import search_path
from tests.support.server import Server, clean_environment
from tools.check_docs import (
    FENCE,
    ROOT,
    SPAN,
    check_document,
    find_broken_links,
    find_commands,
    find_documents,
    find_faults,
)
from turnout.bootstrap import DIALECTS
from turnout.carriers import networks
from turnout.core.callbacks.model import GIVE_UP_AFTER_MS
from turnout.core.events.model import EventState
from turnout.core.maintenance.set_aside import ACTIONS
from turnout.core.messaging.notices import ATTACHED
from turnout.core.messaging.recording import MAX_ATTEMPTS
from turnout.core.questions import judging
from turnout.core.registrations import deciding, form_limits, granting, sale_limits
from turnout.core.registrations.rules import Door, find_refusal
from turnout.core.verification import codes
from turnout.dialects.attendance.errors import STATUS as ATTENDANCE
from turnout.dialects.booking.errors import STATUS as BOOKING
from turnout.dialects.messaging import job_members
from turnout.dialects.messaging.attachments import MOST_BYTES
from turnout.dialects.messaging.errors import STATUS as MESSAGING
from turnout.dialects.registration import decode, errors, registerstatus, routes, signin
from turnout.dialects.registration.wire import ContactBody, CustomItem, EventTarget, SessionRef
from turnout.dialects.reporting.errors import STATUS as REPORTING
from turnout.errors import KINDS
from turnout.http import names, outbound, server
from turnout.http.errors import sentence_of_code
from turnout.settings import Settings, describe
from turnout.store import streaming
from turnout.web.failures import STATUS as PAGES
from turnout.workers.delivery import Delivery

DOCUMENTS = find_documents()
ADRS = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
SOURCES = sorted((ROOT / "src").rglob("*.py"))
# Paths that the docs name as something to make.
EXAMPLES = {
    "src/turnout/carriers/NAME.py",
    "src/turnout/dialects/attendance/",
    "src/turnout/store/migrations/versions/0042_what.py",
    "tests/carriers",
    "tests/dialects/attendance",
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table(text: str, *headings: str) -> list[list[str]]:
    """The rows of the table with these first headings."""
    start = text.index(f"| {' | '.join(headings)} |")
    lines = text[start:].splitlines()[2:]
    rows = list(itertools.takewhile(lambda line: line.startswith("|"), lines))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def codes_in(cell: str) -> list[str]:
    return SPAN.findall(cell)


def sh_blocks(text: str) -> list[str]:
    """What stands in the blocks marked `sh`, which can be copied as it stands."""
    blocks = [fence[0] for fence in FENCE.finditer(text)]
    return ["\n".join(b.splitlines()[1:-1]) for b in blocks if b.startswith("```sh")]


# -- what the docs name --------------------------------------------------------------------


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_settings_commands_and_targets_exist(document: Path) -> None:
    assert list(check_document(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_exist(document: Path) -> None:
    places = r"(?:src|tests|docs|tools|bench|requirements|\.ci)/[\w./-]*"
    named = {span for span in SPAN.findall(document.read_text()) if re.fullmatch(places, span)}
    assert [path for path in sorted(named - EXAMPLES) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_leads_out_of_the_project(document: Path) -> None:
    text = document.read_text()
    links = "".join(re.findall(r"\]\([^)]*\)", text))
    assert text.count("../") == links.count("../")
    assert "TODO" not in text


def test_the_checks_notice_what_is_wrong(tmp_path: Path) -> None:
    text = "`turnout evnt list` and `turnout org set acme --rate 5`, `make everything`"
    faults = [fault for line in find_commands(text) for fault in find_faults(line)]
    assert faults == ["no such command", "no such option: --rate", "no such target: everything"]
    document = ROOT / "docs/errors.md"
    assert list(check_document(document)) == []
    assert "turnout org set acme --rate-limit 500" in read("docs/settings.md")


def test_a_picture_that_is_not_there_is_noticed() -> None:
    page = ROOT / "README.md"
    text = '<img src="docs/images/event.webp"> <source srcset="docs/images/none.webp">'
    assert list(find_broken_links(page, text)) == ["docs/images/none.webp"]


def test_what_the_readme_makes_leaves_nothing_to_commit() -> None:
    made = [".turnout-demo/demo.json", "turnout.db", "turnout.db.migrate", "turnout.db.schema-0007"]
    command = ["git", "check-ignore", *made]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == made


def test_settings_are_listed_with_their_defaults() -> None:
    rows = {
        codes_in(name)[0]: default
        for part in read("docs/settings.md").split("## Networks")
        for name, default, *_ in table(part, "setting", "default", "meaning")
    }
    assert rows.pop("TURNOUT_CONFIG") == "none"
    described = [*describe(Settings()), *networks.describe(Settings())]
    assert rows == {
        name: f"`{default}`" if default else "none" for name, _, default, _ in described
    }


def test_the_readme_lists_the_apis_that_are_ready() -> None:
    rows = table(read("README.md"), "API", "path", "what it does")
    assert sorted((name, codes_in(path)[0]) for name, path, _ in rows) == sorted(
        (api.name, api.base_path) for api in DIALECTS
    )


def test_codes_are_those_of_the_source() -> None:
    source = "".join(path.read_text() for path in SOURCES)
    rows = table(read("docs/errors.md"), "code", "kind", "when")
    codes = [code for cell, *_ in rows for code in codes_in(cell)]
    made = {"credential.expired", "credential.revoked"}
    assert sorted(set(codes)) == sorted(codes)
    assert [code for code in codes if f'"{code}"' not in source and code not in made] == []
    named = {kind for _, kinds, _ in rows for kind in kinds.split(", ")}
    assert named <= {kind.__name__ for kind in errors.STATUS}


def test_kinds_have_the_statuses_of_the_tables() -> None:
    text = read("docs/errors.md")
    rows = table(text, "kind", "meaning", "who acts") + [
        [kind, meaning, "", *statuses]
        for kind, meaning, *statuses in table(text, "kind", "meaning", "registration")
    ]
    assert [row[0] for row in rows[: len(KINDS)]] == [kind.__name__ for kind in KINDS]
    assert {row[0]: row[3:] for row in rows} == {
        kind.__name__: [
            str(status),
            str(MESSAGING[kind]),
            str(ATTENDANCE[kind]),
            str(BOOKING[kind]),
            str(REPORTING[kind]),
            str(PAGES[kind][0]),
        ]
        for kind, status in errors.STATUS.items()
    }


def test_the_dialects_readme_has_every_kind() -> None:
    rows = table(read("src/turnout/dialects/registration/README.md"), "kind", "status", "when")
    assert {kind: int(status) for kind, status, _ in rows} == {
        kind.__name__: status for kind, status in errors.STATUS.items()
    }


def test_the_dialects_readme_has_every_reason_of_a_failed_item() -> None:
    readme = read("src/turnout/dialects/registration/README.md")
    rows = table(readme, "message of a failed item", "why")
    documented = {message for cell, _ in rows for message in codes_in(cell)} - {"channel"}
    refused = (find_refusal(Door.QUEUE, state, 0, 0) for state in EventState)
    codes = {refusal.code for refusal in refused if refusal}
    places = (granting._try_to_take, granting._take_event_place)
    for part in (deciding, *places, sale_limits.find_sale, sale_limits.find_limit):
        codes |= set(re.findall(r'\bConflict\("([\w.]+)"', inspect.getsource(part)))
    codes |= {"session.not_of_event", "registration.failed", *judging.REFUSALS.values()}
    names = ("limit", "name", "pak", "question", "choices")
    facts = {name: name.upper() for name in names}
    assert documented == {sentence_of_code(code, facts, errors.SENTENCES) for code in codes}


def test_sizes_are_those_of_the_wire() -> None:
    sizes: dict[str, int] = {}
    for struct in (EventTarget, SessionRef, ContactBody, CustomItem):
        for name, schema in msgspec.json.schema(struct)["$defs"][struct.__name__][
            "properties"
        ].items():
            for choice in schema.get("anyOf", []):
                sizes |= {name: choice["maxLength"]} if "maxLength" in choice else {}
    documented: dict[str, int] = {}
    for cell, size, _ in table(
        read("docs/registration-api.md"), "member", "characters at most", "required"
    ):
        names = codes_in(cell)
        numbers = [int(number) for number in size.split(", ")]
        documented |= dict(zip(names, numbers * len(names), strict=False))
    assert documented.pop("channelPak", 16) == 16
    assert documented == sizes


def test_limits_are_those_of_the_code() -> None:
    rows = {
        row[0]: row[1]
        for row in table(read("docs/operations.md"), "limit", "value", "what happens beyond it")
    }
    numbers = {
        name: [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", value)]
        for name, value in rows.items()
    }
    defaults = Settings()
    assert [found[0] for found in numbers.values()] == [
        defaults.rate_limit_per_minute,
        defaults.intake_backlog,
        defaults.write_queue,
        routes.BODY_LIMIT // 1024,
        30,
        defaults.idle_seconds,
        defaults.write_seconds,
        server.HEAD_BYTES // 1024,
        defaults.connection_limit,
        200,
        decode.MAX_CUSTOM_ITEMS,
        decode.MAX_CHECKS,
        decode.MAX_LIMIT,
        255,
        1,
        5,
        job_members.LIMITS.size >> 20,
        MOST_BYTES >> 20,
        Delivery.__struct_defaults__[-1],
        MAX_ATTEMPTS,
        defaults.mail_retry_hours,
        defaults.receipt_wait_hours,
        names.LOOK_UP_S,
        outbound.OF_EACH_PARTY,
        GIVE_UP_AFTER_MS // 3_600_000,
        codes.WRONG_LIMIT,
        codes.CLIENT_LIMIT,
        codes.DESTINATION_LIMITS[0][0],
        codes.WRONG_LIMIT,
        streaming.STREAMS_LIMIT,
        defaults.forms_per_place,
        defaults.forms_before_code,
        form_limits.MAILS_LIMIT,
        form_limits.CODE_LIMITS[0][1],
        ATTACHED,
    ]
    assert numbers["body of `/v1.0/register`, `/v1.0/registerstatus`, `/v1.0/signin`"] == [
        limit // 1024
        for limit in (routes.BODY_LIMIT, registerstatus.BODY_LIMIT, signin.LIMITS.size)
    ]


# -- the pages about decisions and words ---------------------------------------------------


def test_every_decision_is_in_the_index() -> None:
    index = table(read("docs/adr/README.md"), "number", "decision")
    assert [(f"[{path.name[:4]}]({path.name})", title_of(path)) for path in ADRS] == [
        (number, title) for number, title in index
    ]
    assert [path.name[:4] for path in ADRS] == [f"{n:04}" for n in range(1, len(ADRS) + 1)]


def title_of(path: Path) -> str:
    return path.read_text().splitlines()[0].removeprefix(f"# {path.name[:4]} ")


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_a_sentence_to_quote(path: Path) -> None:
    text = path.read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert len(re.findall(r"^> ", text, re.MULTILINE)) == 1
    assert len(text.splitlines()) <= 60


def test_every_word_has_one_meaning() -> None:
    text = read("docs/glossary.md")
    words = [row[0] for row in table(text, "noun", "meaning") + table(text, "word", "meaning")]
    assert len(words) == len(set(words)) > 30
    translated = {row[0] for row in table(text, "ours", "registration", "attendance")}
    assert translated - {*words, "answer"} == set()


# -- what the docs run ---------------------------------------------------------------------


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("demo")) as server:
        yield server


def run(demo: Server, script: str, *, stand_in: bool = False) -> list[Any]:
    """Run lines of a document against the demo; the JSON values that they print, in order."""
    environment = clean_environment()
    own = f"{Path(sys.executable).parent}:{environment['PATH']}"  # `turnout` is beside Python
    environment["PATH"] = search_path(demo.folder, own, stand_in=stand_in)
    script = script.replace("http://127.0.0.1:8080", demo.url)
    done = subprocess.run(
        ["/bin/sh", "-euc", script.replace(".turnout-demo", str(demo.folder))],
        env=environment,
        cwd=demo.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return list(decode_all(done.stdout))


def decode_all(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]


def wait_for(demo: Server, queue_ids: list[int]) -> list[dict[str, Any]]:
    """The outcome of the items, once none of them is queued any more."""
    headers = {"APIKey": demo.demo["registration"]["apiKey"]}
    token = demo.ask("POST", "/v1.0/signin", headers=headers).json()["idToken"]
    target = f"/v1.0/registerstatus?queueId={','.join(map(str, queue_ids))}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = demo.ask("GET", target, headers={"Authorization": f"Bearer {token}"}).json()
        if all(result["status"] != "queued" for result in answer["checkResults"]):
            return answer["checkResults"]
        time.sleep(0.05)
    raise AssertionError(f"still queued: {answer}")


def test_the_example_of_making_a_user_works_as_it_stands(demo: Server) -> None:
    section = read("docs/messaging-api.md").partition("## Manage users")[2].partition("\n## ")[0]
    example = section.partition("/api/v1/users -d '")[2].partition("'\n```")[0]
    admin = demo.demo["messaging"]["admin"]
    login = f"{admin['username']}:{admin['password']}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(login).decode()}"}
    made = demo.ask("POST", "/api/v1/users", headers=headers, body=example.encode())
    assert (made.status, made.json()["status"]) == (200, 200), made.body
    number = made.json()["data"]
    shown = demo.ask("GET", f"/api/v1/users/{number}", headers=headers).json()
    assert shown["data"]["company"]["name"] == json.loads(example)["company"]["name"]


def test_metrics_are_listed_with_their_labels(demo: Server) -> None:
    operations = read("docs/operations.md")
    rows = table(operations, "metric", "kind", "labels", "meaning")
    documented = {codes_in(name)[0]: kind for name, kind, *_ in rows}
    text = demo.ask("GET", "/metrics").body.decode()
    types = re.findall(r"^# TYPE (turnout_\w+(?<!_created)) (\w+)$", text, re.MULTILINE)
    assert documented == dict(types)
    labels = {codes_in(name)[0]: set(codes_in(cell)) for name, _, cell, _ in rows}
    for name, found in re.findall(r"^(turnout_\w+)\{(.*)\} ", text, re.MULTILINE):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        if not family.endswith("_created"):
            assert set(re.findall(r'(\w+)="', found)) - {"le"} == labels[family]


def test_queues_whose_work_is_set_aside_are_listed() -> None:
    _, _, told = read("docs/operations.md").partition("with `turnout_work_set_aside` any of ")
    assert codes_in(told.partition(". ")[0]) == list(ACTIONS)


@pytest.mark.parametrize("stand_in", [False, True])
def test_the_lines_of_the_readme_register_somebody(demo: Server, stand_in: bool) -> None:
    script = "\n".join(sh_blocks(read("README.md")))
    # The table is not JSON: kept for `check_report` instead of shown.
    script = script.replace("| head -3", "> live.csv")
    registered, status, *messages, checked, again, booked, seat, events = run(
        demo, script, stand_in=stand_in
    )
    check_messages(*messages)
    check_door(demo, checked, again)
    check_report(demo, events)
    if not isinstance(booked, str):  # the lines are run twice
        assert booked["registration"] == seat["RegistrationIdentifier"]
    assert seat["LearnerIdentifier"] == demo.demo["booking"]["learners"][20]
    assert (registered["responseCode"], status["responseCode"]) == (200, 200)
    assert registered["registration"]["contact"] == {"email": "ada@example.com"}
    (session,) = registered["registration"]["sessions"]
    assert session["sessionPak"] == demo.demo["registration"]["sessionPaks"][0]
    assert [result["queueId"] for result in status["checkResults"]] == [session["queueId"]]
    (result,) = wait_for(demo, [session["queueId"]])
    assert (result["status"], result["contactId"] > 0) == ("success", True)


def check_door(demo: Server, checked: Any, again: Any) -> None:
    """What the README's lines about the door must have printed."""
    code = demo.demo["attendance"]["ticketCodes"][7]
    if "error" not in checked:  # the lines are run twice
        assert [ticket["code"] for ticket in checked["tickets"]] == [code]
    assert again["error"].startswith(f"Ticket {code} was checked already, at ")


def check_report(demo: Server, listed: Any) -> None:
    """What the README's lines about the webcast must have printed, and written."""
    infos = listed["convey_api"]["result"]["success"]["event_list"]["event_info"]
    member = demo.demo["reporting"]
    titles = {info["id"]: info["title"] for info in infos}
    assert titles[str(member["eventId"])] == "The last metre, live"
    with (demo.folder / "live.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert all(int(row["live_duration"]) > 0 for row in rows)


def check_messages(accepted: Any, details: Any, written: Any, jobs: Any) -> None:
    """What the README's lines about messages must have printed."""
    job = details["data"]
    assert accepted == {"status": 200, "data": job["job_id"]}
    assert [(report["recipient"], report["status"]) for report in job["reports"]] == [
        ("Jane", "SENT"),
        ("Jim", "FAIL"),
    ]
    newest = [(job["job_id"], job["job_name"]) for job in jobs["data"][:2]]
    assert newest == [(written["data"], "Welcome"), (accepted["data"], "Doors open")]


def test_the_lines_for_integrators_show_what_they_say(demo: Server) -> None:
    blocks = [sh_blocks(read("README.md"))[0], *sh_blocks(read("docs/registration-api.md"))]
    signed_in, registered, channel, status, seeded = run(demo, "\n".join(blocks))
    assert {**signed_in, "idToken": "eyJ…"} == {
        "idToken": "eyJ…",
        "expiresIn": 3600,
        "paging": None,
        "responseCode": 200,
        "message": "Ok",
    }
    assert channel["registration"]["contact"] == {"email": "grace@example.com"}
    ids = [session["queueId"] for session in registered["registration"]["sessions"]]
    assert [result["queueId"] for result in status["checkResults"]] == ids
    assert seeded["totalCount"] == 2
    good, full = wait_for(demo, ids)
    assert (good["status"], full["status"]) == ("success", "failed")
    assert full["message"] == "The session is full."


def test_the_examples_of_answers_have_the_members_of_real_ones(demo: Server) -> None:
    text = read("docs/registration-api.md")
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    blocks = [sh_blocks(read("README.md"))[0], *sh_blocks(text)]
    signed_in, registered, _, status, _ = run(demo, "\n".join(blocks))
    ids = [session["queueId"] for session in registered["registration"]["sessions"]]
    status["checkResults"] = wait_for(demo, ids)
    assert [shape(example) for example in examples] == [
        shape(answer) for answer in (signed_in, registered, status)
    ]


def shape(value: Any) -> Any:
    """The members and types of a JSON value, without what they say."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value).__name__


def test_the_lines_that_the_demo_prints_work(demo: Server) -> None:
    deadline = time.monotonic() + 30
    while "Keys and ids for scripts" not in demo.read_log():  # it is ready a moment before
        assert time.monotonic() < deadline
        time.sleep(0.02)
    introduction = demo.read_log().split("Turnout serves its demo at ", 1)[1]
    shown = [line for line in introduction.splitlines() if line.startswith("  ")]
    links = [line.strip() for line in shown if line.startswith("  http")]
    lines = [line for line in shown if not line.startswith("  http")]
    assert [link.rpartition("/")[0] for link in links] == [f"{demo.url}/console/sign-in/link"]
    assert demo.ask("GET", links[0].removeprefix(demo.url)).status == 303
    registered, status, accepted, jobs = run(demo, "\n".join(lines))
    assert registered["registration"]["contact"] == {"email": "you@example.com"}
    assert accepted["data"] == jobs["data"][0]["job_id"]
    assert f"{demo.url}/outbox" in introduction
    assert status["checkResults"][0]["status"] == "success"
    assert f"Keys and ids for scripts: {demo.folder / 'demo.json'}" in introduction


def test_the_backup_is_whole_while_the_server_runs(demo: Server) -> None:
    blocks = sh_blocks(read("docs/operations.md"))
    (backing_up,) = [block for block in blocks if "turnout backup" in block]
    (restoring,) = [block for block in blocks if "turnout restore" in block]
    assert run(demo, f"{{ {backing_up}\n}} > told.txt") == []
    (file,) = demo.folder.glob("turnout-*.backup")
    restoring = re.sub(r"turnout-[\d-]+\.backup", file.name, restoring)
    assert run(demo, f"{{ {restoring}\n}} > told.txt") == []
    restored = sqlite3.connect(demo.folder / "restored.db")
    assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    (people,) = restored.execute("SELECT count(*) FROM people").fetchone()
    restored.close()
    assert people >= 320


@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_the_first_steps_work(tmp_path: Path, name: str) -> None:
    fences = [fence[0] for fence in FENCE.finditer(read(name)) if "turnout org create" in fence[0]]
    (steps,) = fences
    turnout = Turnout(f"sqlite:///{tmp_path / 'turnout.db'}")
    lines = [line for line in steps.splitlines() if line.startswith("turnout ")]
    assert len(lines) >= 5
    for line in lines:
        if line != "turnout serve":
            turnout.ok(*shlex.split(line)[1:])
    assert "Spring school" in turnout.ok("event", "list", "acme")


# What was true once. Anyone who makes one of these true again takes it from this list.
STALE = (
    r"makes no outbound",
    r"over 1 MiB need not",
    r"a link in every broadcast",
    r"by the link in every broadcast",
    r"only the registration api",
    r"the registration api is served today",
    r"not built yet",
    r"coming soon",
    r"not in this version yet",
    r"the registration and the messaging api work",
    r"one in an installation",
)


@pytest.mark.parametrize("phrase", STALE)
def test_no_document_says_what_is_no_longer_so(phrase):
    pattern = re.compile(phrase.replace(" ", r"\s+"), re.IGNORECASE)
    pages = [*DOCUMENTS, *sorted((ROOT / "src/turnout/web/templates").glob("*.html"))]
    said = [path.name for path in pages if pattern.search(path.read_text(encoding="utf-8"))]
    assert said == []
