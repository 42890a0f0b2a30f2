"""The demo's messaging: three users, two lists, and jobs that the simulator delivers.

The jobs are only accepted here; the server that is started next sends them, as it would any other.
"""

import random
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from turnout.cli.seeding import FIRST_NAMES, LAST_NAMES, SEED
from turnout.core.identity.demo import get_demo_organization
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Principal, Role
from turnout.core.identity.users import (
    create_user,
    hash_password,
    is_password,
    list_users,
    set_password,
)
from turnout.core.ids import OrgId
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.lists import (
    Entry,
    add_entries,
    begin_list,
    finish_list,
    list_lists,
)
from turnout.core.messaging.model import Content, JobOptions, JobType, KeyResponse, NewJob
from turnout.core.messaging.overview import list_job_lines
from turnout.errors import Missing
from turnout.store import Database, Tx

ACTOR = "system"
MOST_JOBS = 1000


class _Seeded(NamedTuple):
    """A user of the demo, as demo.json has it."""

    name: str
    role: Role
    title: str

    @property
    def user_code(self) -> str:
        return f"demo/{self.name}"


USERS = (
    _Seeded("admin", Role.ADMIN, "Ada Admin"),
    _Seeded("agent", Role.AGENT, "Agnes Agent"),
    _Seeded("user", Role.ACCT, "Uma User"),
)
# Names of lists, and how many people are on them.
LISTS = {"Speakers": 12, "Volunteers": 60}


def seed_messages(db: Database, known: dict[str, Any], policy: Policy) -> dict[str, Any]:
    """Seed what is missing; returns demo.json's `messaging`.

    `known` is that member as written before: a password that is no longer good gets replaced.
    """
    org_id = db.call(get_demo_organization).org_id
    users = {each.name: _seed_user(db, org_id, each, known.get(each.name, {})) for each in USERS}
    principal = _login(db, USERS[-1].user_code)
    lists = db.call(_seed_lists, principal)
    db.call(_seed_jobs, principal, lists, policy)
    return {**users, "userListIds": list(lists.values())}


def _seed_user(db: Database, org_id: OrgId, each: _Seeded, known: dict[str, Any]) -> dict[str, str]:
    password = str(known.get("password", ""))
    found = db.call(find_password, each.user_code)
    if found is None or not is_password(password, found.hashed):
        password = secrets.token_urlsafe(12)
        db.call(_store_user, org_id, each, hash_password(password))
    return {"username": each.user_code, "password": password}


def _store_user(tx: Tx, org_id: OrgId, each: _Seeded, hashed: str) -> None:
    for user in list_users(tx, org_id):
        if user.user_code == each.user_code:
            set_password(tx, org_id, user.id, hashed)
            return
    create_user(
        tx,
        org_id,
        each.user_code,
        name=each.title,
        email=f"{each.name}@example.com",
        role=each.role,
        password_hash=hashed,
        actor=ACTOR,
    )


def _login(db: Database, user_code: str) -> Principal:
    found = db.call(find_password, user_code)
    if found is None:
        raise Missing("demo.user_disabled", user_code=user_code)
    return found.principal


def _seed_lists(tx: Tx, principal: Principal) -> dict[str, int]:
    """The lists by name; those that are missing are made."""
    lists = {each.name: each.id for each in list_lists(tx, principal.org_id)}
    for offset, (name, size) in enumerate(LISTS.items()):
        if name not in lists:
            list_id = begin_list(tx, principal.org_id, principal.user_id, name)
            add_entries(tx, principal.org_id, list_id, 1, _entries(offset, size))
            finish_list(tx, principal.org_id, list_id, size, actor=ACTOR)
            lists[name] = list_id
    return {name: lists[name] for name in LISTS}


def _entries(offset: int, size: int) -> list[Entry]:
    dice = random.Random(SEED + offset)  # noqa: S311 - the same demo everywhere
    entries = []
    for number in range(size):
        first, last = dice.choice(FIRST_NAMES), dice.choice(LAST_NAMES)
        # German mobile numbers; the last digit decides what the simulator does with them.
        mobile = f"4915112{offset}{number * 7:05}"
        entries.append(
            Entry(
                recipient=f"{first} {last}",
                reference=f"{offset}-{number + 1:03}",
                email=f"crew{offset}{number:03}@example.com",
                mobile=mobile,
                phone=f"4930901{offset}{number:04}",
                custom={"CustomField1": dice.choice(("Hall A", "Hall B", "Platform 3"))},
            )
        )
    return entries


def _seed_jobs(tx: Tx, principal: Principal, lists: dict[str, int], policy: Policy) -> None:
    known = {
        each.name for each in list_job_lines(tx, principal.org_id, is_open=False, limit=MOST_JOBS)
    }
    for job_type, name, list_name, make in _JOBS:
        if name not in known:
            content, options, sender = make()
            new = NewJob(
                job_type=job_type,
                name=name,
                content=content,
                options=options,
                sender=sender,
                list_ids=(str(lists[list_name]),),
            )
            accept_job(tx, principal, new, [], policy)


def _say_doors() -> tuple[Content, JobOptions, str]:
    text = "Hello %%recipient%%, doors open at 8:30. You are at %%customfield1%%."
    return Content(text=text), JobOptions(), ""


def _ask_shift() -> tuple[Content, JobOptions, str]:
    text = "Can you take the early shift on Tuesday, %%recipient%%? Reply yes or no."
    return Content(text=text), JobOptions(reply_address="user@example.com"), ""


def _write_schedule() -> tuple[Content, JobOptions, str]:
    content = Content(
        subject="Your slot at the Open Rail Summit",
        text="Dear %%recipient%%,\n\nyour slot is in %%customfield1%%. See you there!\n",
        html="<p>Dear %%recipient%%,</p><p>your slot is in <b>%%customfield1%%</b>.</p>",
        from_name="Open Rail Summit",
    )
    return content, JobOptions(), "summit@example.com"


def _call_speakers() -> tuple[Content, JobOptions, str]:
    keys = (KeyResponse("1", "Thank you, see you then."), KeyResponse("2", "We will call you."))
    text = "This is the Open Rail Summit. Press 1 if you arrive today, or 2 to talk to us."
    return Content(text=text, keys=keys), JobOptions(), ""


_JOBS: tuple[
    tuple[JobType, str, str, Callable[[], tuple[Content, JobOptions, str]]],
    ...,
] = (
    (JobType.SMS, "Doors open", "Volunteers", _say_doors),
    (JobType.TWO_WAY_SMS, "Early shift?", "Volunteers", _ask_shift),
    (JobType.EMAIL, "Speakers' schedule", "Speakers", _write_schedule),
    (JobType.TWO_WAY_TTS, "Arriving today?", "Speakers", _call_speakers),
)
