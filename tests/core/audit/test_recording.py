"""Every change that somebody makes leaves an entry, in the transaction of the change itself."""

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import pytest

import turnout.core
from tests.support.builder import WHEN
from tests.support.node import Account
from turnout.core.audit.recording import Entry, list_entries, record
from turnout.core.events import programme
from turnout.core.events.model import EventState, SessionState
from turnout.core.identity import credentials, organizations, users
from turnout.core.identity.model import CredentialKind
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations import giving_back, places
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.booking import find_registration
from turnout.core.registrations.intake import process
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.store import Tx

ACTOR = "credential:7"


class Change(NamedTuple):
    """One change, and the entry that it leaves, by its noun, action and facts."""

    verb: Callable[..., Any]
    run: Callable[[Tx, Account], Any]
    noun: str
    action: str
    facts: dict[str, Any]


def cancel(tx: Tx, account: Account) -> int:
    person = find_person(tx, account.org_id, "ada@example.com")
    assert person
    registration = find_registration(tx, account.org_id, account.event.id, person.id)
    assert registration
    giving_back.cancel_registration(tx, account.org_id, registration.id, actor=ACTOR)
    return registration.id


def add_to_channel(tx: Tx, account: Account) -> int:
    programme.add_to_channel(tx, account.org_id, account.channel.id, account.event.id, actor=ACTOR)
    return account.channel.id


def close_session(tx: Tx, account: Account) -> int:
    session_id = account.sessions[0].id
    programme.set_session_state(tx, account.org_id, session_id, SessionState.CLOSED, actor=ACTOR)
    return session_id


def create_organization(tx: Tx, account: Account) -> Any:
    slug = f"{account.organization.slug}-child"
    return organizations.create_organization(tx, slug, "Child", actor=ACTOR)


CHANGES = [
    Change(
        organizations.create_organization,
        create_organization,
        "organization",
        "created",
        {"name": "Child"},
    ),
    Change(
        organizations.set_rate_limit,
        lambda tx, a: organizations.set_rate_limit(tx, a.organization.slug, 5, actor=ACTOR),
        "organization",
        "changed",
        {"rate_limit": [None, 5]},
    ),
    Change(
        users.create_user,
        lambda tx, a: users.create_user(
            tx, a.org_id, a.organization.slug, name="Ada", email="ada@example.com", actor=ACTOR
        ),
        "user",
        "created",
        {"role": "Acct"},
    ),
    Change(
        credentials.issue_credential,
        lambda tx, a: credentials.issue_credential(
            tx, a.org_id, CredentialKind.API_KEY, "new", actor=ACTOR
        )[0],
        "credential",
        "issued",
        {"kind": "api_key", "name": "new"},
    ),
    Change(
        credentials.revoke_credential,
        lambda tx, a: credentials.revoke_credential(
            tx, a.org_id, a.caller.credential_id, actor=ACTOR
        ),
        "credential",
        "revoked",
        {"name": "test"},
    ),
    Change(
        programme.create_venue,
        lambda tx, a: programme.create_venue(tx, a.org_id, "Hall", timezone="UTC", actor=ACTOR),
        "venue",
        "created",
        {"name": "Hall"},
    ),
    Change(
        programme.create_channel,
        lambda tx, a: programme.create_channel(tx, a.org_id, "News", actor=ACTOR),
        "channel",
        "created",
        {"title": "News"},
    ),
    Change(
        programme.add_to_channel,
        add_to_channel,
        "channel",
        "added event",
        {},
    ),
    Change(
        programme.create_event,
        lambda tx, a: programme.create_event(tx, a.org_id, "Fair", WHEN, capacity=9, actor=ACTOR),
        "event",
        "created",
        {"title": "Fair", "capacity": 9},
    ),
    Change(
        programme.create_session,
        lambda tx, a: programme.create_session(
            tx, a.org_id, a.event.id, "Tour", WHEN, capacity=4, actor=ACTOR
        ),
        "session",
        "created",
        {"title": "Tour", "capacity": 4},
    ),
    Change(
        programme.create_ticket_type,
        lambda tx, a: programme.create_ticket_type(
            tx, a.org_id, a.event.id, "Early bird", actor=ACTOR
        ),
        "ticket_type",
        "created",
        {"name": "Early bird"},
    ),
    Change(
        places.set_event_state,
        lambda tx, a: places.set_event_state(
            tx, a.org_id, a.event.id, EventState.CLOSED, actor=ACTOR
        ),
        "event",
        "changed",
        {"state": ["open", "closed"]},
    ),
    Change(
        places.set_event_capacity,
        lambda tx, a: places.set_event_capacity(tx, a.org_id, a.event.id, 50, actor=ACTOR),
        "event",
        "changed",
        {"capacity": [None, 50]},
    ),
    Change(
        programme.set_session_state,
        close_session,
        "session",
        "changed",
        {"state": "closed"},
    ),
    Change(giving_back.cancel_registration, cancel, "registration", "cancelled", {}),
]
changes = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.verb.__name__)


@cache
def find_verbs_with_an_actor() -> dict[str, Callable[..., Any]]:
    """Whatever public function of core is told who changes something, by its full name."""
    found = {}
    for module in pkgutil.walk_packages(turnout.core.__path__, "turnout.core."):
        for name, member in vars(importlib.import_module(module.name)).items():
            is_verb = inspect.isfunction(member) and member.__module__ == module.name
            if (
                is_verb
                and not name.startswith("_")
                and "actor" in inspect.signature(member).parameters
            ):
                found[f"{module.name}.{name}"] = member
    return found


def number_of(thing: Any) -> int:
    if isinstance(thing, int):
        return thing
    return thing.org_id if hasattr(thing, "slug") else thing.id


def entries(tx: Tx, noun: str, noun_id: int) -> list[Entry]:
    """The entries about one thing, in whatever organization, that ACTOR made."""
    return [
        entry
        for organization in organizations.list_organizations(tx)
        for entry in list_entries(tx, organization.org_id, noun, noun_id)
        if entry.actor == ACTOR
    ]


@pytest.fixture
def registered(account, db) -> Account:
    """The account, in which Ada is registered for the event."""
    application = Application(
        TargetNoun.EVENT,
        account.event.pak,
        [account.sessions[0].pak],
        Submitted(Contact(email="ada@example.com")),
    )
    db.call(accept, account.caller, application)
    assert db.call(process, 10).done == 1
    return account


@pytest.mark.parametrize("name", find_verbs_with_an_actor())
def test_a_verb_that_is_told_who_changes_something_passes_it_on(name):
    """To `record`, or to a verb for which the same holds."""
    source = textwrap.dedent(inspect.getsource(find_verbs_with_an_actor()[name]))
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    arguments = [arg for call in calls for arg in (*call.args, *(kw.value for kw in call.keywords))]
    assert "actor" in {arg.id for arg in arguments if isinstance(arg, ast.Name)}


@changes
def test_a_change_leaves_one_entry_that_says_who_and_what(change, registered, db):
    noun_id = number_of(db.call(change.run, registered))
    (entry,) = db.call(entries, change.noun, noun_id)
    assert (entry.at, entry.actor, entry.action) == (db.clock(), ACTOR, change.action)
    assert entry.facts.items() >= change.facts.items()


@changes
def test_a_change_that_is_taken_back_leaves_no_entry(change, registered, db):
    numbers: list[int] = []

    def change_and_fail(tx: Tx) -> None:
        numbers.append(number_of(change.run(tx, registered)))
        assert len(entries(tx, change.noun, numbers[0])) == 1
        raise KeyError

    with pytest.raises(KeyError):
        db.call(change_and_fail)
    assert db.call(entries, change.noun, numbers[0]) == []


def test_entries_are_the_organizations_own_and_in_order(db, org_id, account):
    for action in ("first", "second", "third"):
        db.call(record, org_id, "cli:ada", action, "event", 1, number=1)
    db.call(record, account.org_id, "cli:bob", "other", "event", 1)
    assert db.call(list_entries, org_id, "event", 1) == [
        Entry(db.clock(), "cli:ada", action, {"number": 1})
        for action in ("first", "second", "third")
    ]
