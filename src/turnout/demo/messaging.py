"""The demo's messaging: three users, two lists, and jobs that the simulator delivers.

The jobs are only accepted here; the server that is started next sends them, as it would any other.
"""

import random
import secrets
from collections.abc import Callable
from typing import NamedTuple

import msgspec

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
from turnout.core.ids import ListId, OrgId
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.calling import get_calling, set_calling
from turnout.core.messaging.lists import (
    Entry,
    add_entries,
    begin_list,
    finish_list,
    list_lists,
)
from turnout.core.messaging.model import Content, JobOptions, JobType, KeyResponse, NewJob
from turnout.core.messaging.overview import has_job_named
from turnout.demo.cast import ACTOR, FIRST_NAMES, LAST_NAMES, SEED, SHOW_ANSWER, Known, member_of
from turnout.errors import Missing
from turnout.store import Database, Tx
from turnout.web.catalogue import Step, Trial, Value
from turnout.web.curl_samples import curl, set_variable


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
# Where the demo may call: its own country, and those of the numbers that integrators try.
COUNTRIES = ("DE", "AU", "FR", "GB", "NZ", "US", "ES", "AT", "CH")


class Account(msgspec.Struct, frozen=True):
    """How somebody signs in."""

    username: str
    password: str


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """The `messaging` of demo.json."""

    admin: Account
    agent: Account
    user: Account
    user_list_ids: list[ListId]


def seed(db: Database, known: Known, policy: Policy) -> Member:
    """Seed what is missing. `known` is this member as written before: a password that is no longer
    good gets replaced."""
    org_id = db.call(get_demo_organization).org_id
    admin, agent, user = (
        _seed_user(db, org_id, user, member_of(known, user.name)) for user in USERS
    )
    db.call(_allow_calls, org_id)
    principal = _find_principal(db, USERS[-1].user_code)
    lists = db.call(_seed_lists, principal)
    db.call(_seed_jobs, principal, lists, policy)
    return Member(admin, agent, user, list(lists.values()))


def _seed_user(db: Database, org_id: OrgId, user: _Seeded, known: Known) -> Account:
    password = str(known.get("password", ""))
    found = db.call(find_password, user.user_code)
    if found is None or not is_password(password, found.hashed):
        password = secrets.token_urlsafe(12)
        db.call(_store_user, org_id, user, hash_password(password))
    return Account(user.user_code, password)


def _store_user(tx: Tx, org_id: OrgId, seeded: _Seeded, hashed: str) -> None:
    for user in list_users(tx, org_id):
        if user.user_code == seeded.user_code:
            set_password(tx, org_id, user.id, hashed)
            return
    create_user(
        tx,
        org_id,
        seeded.user_code,
        name=seeded.title,
        email=f"{seeded.name}@example.com",
        role=seeded.role,
        password_hash=hashed,
        actor=ACTOR,
    )


def _allow_calls(tx: Tx, org_id: OrgId) -> None:
    """Let the demo call abroad, unless somebody has decided where it may."""
    if not get_calling(tx, org_id).countries:
        set_calling(tx, org_id, COUNTRIES, actor=ACTOR)


def _find_principal(db: Database, user_code: str) -> Principal:
    found = db.call(find_password, user_code)
    if found is None:
        raise Missing("demo.user_disabled", user_code=user_code)
    return found.principal


def _seed_lists(tx: Tx, principal: Principal) -> dict[str, ListId]:
    """The lists by name; those that are missing are made."""
    lists = {list_.name: list_.id for list_ in list_lists(tx, principal.org_id)}
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


def _seed_jobs(tx: Tx, principal: Principal, lists: dict[str, ListId], policy: Policy) -> None:
    """The jobs; those that were accepted before, however long ago, are not sent again."""
    for job_type, name, list_name, make in _JOBS:
        if not has_job_named(tx, principal.org_id, principal.user_id, name):
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


# -- what to try ---------------------------------------------------------------------------


def show(base_url: str, member: Member) -> Trial:
    """What the start page offers to try: a user's work. Pages get no password of an Admin or
    Agent."""
    jobs = f"{base_url}/api/v1/jobs"
    send = curl("POST", jobs, [], user="$LOGIN", body=_BODY)
    details = curl("GET", f"{jobs}/$JOB", [], user="$LOGIN")
    to_list = {
        "job_type": "email",
        "job_name": "To a list",
        "from_email": "you@example.com",
        "subject": "For %%recipient%%",
        "text_message": "You are at %%customfield1%%.",
        "user_list_ids": member.user_list_ids[:1],
    }
    login = f"{member.user.username}:{member.user.password}"
    steps = [
        Step(
            "Send a text to three people",
            "The simulator carries it, and decides the outcome by the last digit. Calls and faxes "
            f"may go to {', '.join(COUNTRIES)}.",
            f"{set_variable('LOGIN', login)}\nANSWER=$({send})\n{SHOW_ANSWER}",
        ),
        Step(
            "See the outcome",
            "A report for each recipient: delivered, with a reply on its way, or not.",
            f"{_SET_JOB}\nsleep 4\n{details}",
        ),
        Step(
            "Write to a list",
            "Anyone who is on it when the job starts gets the mail, in their own words.",
            curl("POST", jobs, [], user="$LOGIN", body=to_list),
        ),
        Step(
            "List your jobs",
            "The outbox page shows what this user sent; sign in there with the same password.",
            curl("GET", jobs, [], user="$LOGIN"),
        ),
    ]
    user = [member.user.username, member.user.password]
    values = [
        Value("user", "A user, who sees its own jobs", user),
        Value("userListIds", "Lists of people", list(map(str, member.user_list_ids))),
    ]
    return Trial("messaging", steps, values)


_BODY = {
    "job_type": "sms",
    "job_name": "My first job",
    "message": "Hello %%recipient%%!",
    "recipients": [
        {"destination": "61412345671", "recipient": "Jane"},
        {"destination": "61412345675", "recipient": "Jo"},
        {"destination": "61412345679", "recipient": "Jim"},
    ],
}
_SET_JOB = "JOB=$(printf '%s' \"$ANSWER\" | sed -n 's/.*\"data\":\\([0-9]*\\).*/\\1/p')"
