"""What `turnout demo` does: seed a demo organization, write demo.json and serve."""

import ipaddress
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from turnout import serving
from turnout.cli.app import console, errors, settings
from turnout.cli.checking import examine
from turnout.core.identity.demo import (
    get_demo_organization,
    list_made_by_operators,
    list_other_organizations,
)
from turnout.core.identity.first_start import LINK_PATH, make_demo_link
from turnout.core.identity.members import find_password
from turnout.core.ids import OrgId
from turnout.demo.content import Content, seed_all, show_all
from turnout.demo.messaging import Account
from turnout.demo.phone import process as phone
from turnout.errors import Conflict, Invalid
from turnout.http.server import check_port
from turnout.settings import Settings, hide_password
from turnout.store import open_database
from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import path_of

FILE_NAME = "demo.json"
DATABASE_NAME = "turnout.db"


def run(data: Path, *, host: str | None, port: int | None, expose: bool, calls: bool) -> None:
    """Seed what is missing, and serve until stopped; `turnout demo` says what the options mean."""
    if calls:
        phone.check_extras()
    chosen = choose_settings(data, host=host, port=port, expose=expose)
    check_address(chosen.host, expose=expose)
    check_alone(chosen)
    check_port(chosen.host, chosen.port)
    with _folder(data):
        serving.prepare(chosen, makes_database=True)
        check_alone(chosen)
    content = seed(chosen, data / FILE_NAME)
    link = make_link(chosen, content)
    with phone.phone(data) if calls else nullcontext() as line:
        if line is not None:
            chosen = phone.lead_to(line, chosen)
        serving.serve(
            chosen,
            demo=show_all(content, phone.show(data, find_org_id(chosen)) if line else None),
            examine=partial(examine, chosen),
            started=lambda: introduce(content, data / FILE_NAME, link, calls=calls),
        )


def find_org_id(chosen: Settings) -> OrgId:
    """The demo's organization."""
    db = open_database(chosen)
    try:
        return db.call(get_demo_organization).org_id
    finally:
        db.close()


@contextmanager
def _folder(data: Path) -> Iterator[None]:
    """Make the folder, and take it back where the block fails and has put nothing into it."""
    made = [folder for folder in (data, *data.parents) if not folder.exists()]
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for folder in made:
                folder.rmdir()
        raise


def choose_settings(
    data: Path, *, host: str | None, port: int | None, expose: bool = False
) -> Settings:
    """The settings of the demo: its database is in `data` unless another one is set."""
    chosen = settings(host=host, port=port, allow_demo=True, insecure_http=expose or None)
    if chosen.database_url != Settings().database_url:
        return chosen
    return msgspec.structs.replace(
        chosen, database_url=f"sqlite:///{data.resolve() / DATABASE_NAME}"
    )


def check_address(host: str, *, expose: bool) -> None:
    """Raise Invalid for an address that others can reach, unless that is what is wanted."""
    if not expose and not _is_loopback(host):
        raise Invalid("demo.exposed", host=host)


def _is_loopback(host: str) -> bool:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host or "0.0.0.0", None)}  # noqa: S104
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)


def check_alone(chosen: Settings) -> None:
    """Raise Conflict where the database has organizations that are not the demo's.

    A database of an older schema is looked into as well, before anything is changed there.
    """
    if chosen.database_url.startswith("sqlite:") and not path_of(chosen.database_url).exists():
        return
    db = open_database(chosen)
    try:
        version = db.schema_version()
        if version is None:
            return
        others = db.call(list_other_organizations if version == HEAD else list_made_by_operators)
    finally:
        db.close()
    if others:
        raise Conflict(
            "demo.beside_others",
            database=hide_password(chosen.database_url),
            others=others,
        )


def seed(chosen: Settings, file: Path) -> Content:
    """Seed what is missing and write demo.json; returns its content."""
    bar = Progress(
        TextColumn("Seeding the demo"), BarColumn(), MofNCompleteColumn(), console=errors
    )
    with bar:
        task = bar.add_task("", total=None, visible=False)
        content = seed_all(
            chosen,
            read_members(file),
            lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    text = msgspec.json.format(msgspec.json.encode(content), indent=2).decode()
    write_private(file, text + "\n")
    return content


def read_members(file: Path) -> dict[str, Any]:
    """What demo.json says, or nothing where it is missing or damaged: it is written again."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(file)


def make_link(chosen: Settings, content: Content) -> str:
    """The address that signs the demo's owner in: good once, for a day, on this machine."""
    db = open_database(chosen)
    try:
        found = db.call(find_password, content.messaging.admin.username)
        if found is None:
            return f"{content.base_url}/console"
        return f"{content.base_url}{LINK_PATH}{db.call(make_demo_link, found.principal)}"
    finally:
        db.close()


def introduce(content: Content, file: Path, link: str, *, calls: bool = False) -> None:
    """Say where the demo is and what to try next."""
    base, registration, user = content.base_url, content.registration, content.messaging.user
    page = f"{base}{content.event_path}"
    body = {
        "registration": {
            "event": {
                "eventPak": registration.event_pak,
                "sessions": [{"sessionPak": registration.session_paks[0]}],
            },
            "contact": {"email": "you@example.com", "firstName": "You"},
        }
    }
    job = {
        "job_type": "sms",
        "job_name": "My first job",
        "message": "Hello %%recipient%%!",
        "recipients": [{"destination": "61412345670", "recipient": "Jane"}],
    }
    console.print(
        f"""
Turnout serves its demo at {base} (Ctrl-C stops it).

Run the demo's events in the browser (this link signs you in, once, on this machine):

  {link}

Open the address above for the APIs, or register somebody in another terminal:

  TOKEN=$(curl -s -X POST -H 'APIKey: {registration.api_key}' {base}/v1.0/signin \\
    | python3 -c 'import json,sys; print(json.load(sys.stdin)["idToken"])')
  curl -s -X PUT -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
    -d '{json.dumps(body)}' \\
    {base}/v1.0/register

The answer has a queueId. Ask for the outcome (put the number in place of 1):

  curl -s -H "Authorization: Bearer $TOKEN" '{base}/v1.0/registerstatus?queueId=1'

Send somebody a text (the simulator takes it, and reaches nobody), and see the outcome:

  curl -s -u '{user.username}:{user.password}' {base}/api/v1/jobs \\
    -d '{json.dumps(job)}'
  curl -s -u '{user.username}:{user.password}' {base}/api/v1/jobs

What that user sent: {base}/outbox (sign in as that user). Mails of event pages: the same page, for
the Agent or Admin in the file below. An event's page: {page}
Keys and ids for scripts: {file}
"""
    )
    if calls:
        _introduce_calls(base, user)


def _introduce_calls(base: str, user: Account) -> None:
    job = {
        "job_type": "2 way tts",
        "job_name": "My first call",
        "message": "Hello %%recipient%%. Press 1 to talk to us.",
        "two_way_key_responses": [
            {"key_press": "1", "response_message": "One moment.", "redirect_to": "61398765401"}
        ],
        "recipients": [{"destination": "61412345675", "recipient": "Jo"}],
    }
    console.print(
        f"""\
Call somebody (a simulated phone on this machine answers, and presses 1), and hear what it heard:

  curl -s -u '{user.username}:{user.password}' {base}/api/v1/jobs \\
    -d '{json.dumps(job)}'

  {base}/outbox/phone (sign in as that user)
"""
    )
