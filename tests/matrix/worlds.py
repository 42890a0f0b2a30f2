"""Two organizations with everything that an organization can have, and every kind of credential.

What is private of an organization bears its marker: names and addresses of people, users, jobs,
campaigns, learners. An answer with the other's marker is a leak.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from tests.core.audience.cinema import LIVE_FROM, MINUTE, open_cinema
from tests.core.exams.college import College
from tests.dialects.messaging.people import HASH, PASSWORD
from tests.support.builder import WHEN
from tests.support.node import LocalNode, key_pair
from turnout.core.audience.links import make_token
from turnout.core.audience.permissions import begin_session, grant_reporting
from turnout.core.audience.sharing import share_report
from turnout.core.door.devices import revoke_device
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.events.programme import create_event, list_ticket_types
from turnout.core.exams.printing import make_link as paper_link
from turnout.core.identity.credentials import issue_credential, revoke_credential
from turnout.core.identity.members import find_password
from turnout.core.identity.model import CredentialKind, Principal, Role
from turnout.core.identity.page_sessions import begin_page_session
from turnout.core.identity.signing import ensure_signing_key
from turnout.core.identity.users import create_user
from turnout.core.ids import EventId, JobId, OrgId, UserId
from turnout.core.invitations.campaigns import create_campaign, send_campaign
from turnout.core.invitations.invitees import invite
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.model import Content, JobType, NewJob, NewRecipient
from turnout.core.messaging.opt_outs import ensure_link_key, unsubscribe_url
from turnout.core.messaging.prices import Prices
from turnout.core.people.model import Contact
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.tickets.guest_links import make_guest_tokens
from turnout.core.waiting_list.entries import make_link
from turnout.store import Tx
from turnout.web.sessions import SESSION

BASE = "http://turnout.test"
HOUR_S = 3600
# Pages of the console whose scope is an organization; that of others is an event.
OF_ORGANIZATION = tuple(
    f"/console/{{scope}}/{name}" for name in ("account", "users", "credentials", "callbacks")
)
POLICY = Policy(Prices(""), (), "post@example.com")

# What stands in an address for something that no world has.
NOTHING = "999999"
_OTHER_PART = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Shown:
    """A credential as a request shows it; the event is named in the query where it is for many."""

    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    names_event: bool = False


@dataclass
class World:
    """One organization: what is at which part of a path, and its credentials by kind."""

    node: LocalNode
    marker: str
    org_id: OrgId
    parts: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, Shown] = field(default_factory=dict)
    event: str = ""

    def path(self, template: str) -> str:
        """A template, filled with what is this organization's own."""
        known = self.parts | {"token": self.tokens.get(template.strip("/").split("/")[0], "")}
        if template.startswith("/console"):
            known |= {"candidate": known.get("registration", NOTHING), "registration": NOTHING}
        if template.startswith(OF_ORGANIZATION):
            known["scope"] = self.parts["slug"]
        for name, value in known.items():
            template = template.replace(f"{{{name}}}", value)
        return _OTHER_PART.sub(NOTHING, template)


def build_world(node: LocalNode, slug: str) -> World:
    """Make an organization with all there is."""
    node.clock.now = LIVE_FROM + MINUTE
    college = College(node, slug)
    world = World(node, f"{slug}private", college.org_id)
    node.db.call(ensure_signing_key, *key_pair())
    node.db.call(_part_company, world.org_id)
    _add_programme(world, slug, college)
    _add_credentials(world)
    node.execute(
        f"UPDATE people SET last_name = '{world.marker}', company = '{world.marker}' "
        f"WHERE org_id = {world.org_id}"
    )
    return world


def _part_company(tx: Tx, org_id: OrgId) -> None:
    """Put the organization under a distributor of its own."""
    number = tx.next_id("identity")
    tx.connection.execute(
        f"INSERT INTO distributors (id, name, created_at) VALUES ({number}, 'D{number}', 1)"
    )
    tx.connection.execute(
        f"UPDATE organizations SET distributor_id = {number} WHERE org_id = {org_id}"
    )


def _add_programme(world: World, slug: str, college: College) -> None:
    db, org_id, marker = world.node.db, world.org_id, world.marker
    cinema = open_cinema(db, org_id)
    viewer = cinema.register(f"{marker}@example.com", first_name=marker)
    world.event = str(cinema.event.id)
    exam = college.register(1)
    code = _one(world, f"SELECT code FROM tickets WHERE registration_id = {viewer}")
    user = db.call(
        create_user,
        org_id,
        f"{slug}/{marker}",
        name=marker,
        email=f"u@{marker}.example",
        password_hash=HASH,
        actor="t",
    )
    world.parts |= {
        "user_id": str(user.id),
        "job_id": str(db.call(_add_job, world, user.user_code)),
        "state": "unchecked",
        "ending": "csv",
        "code": code,
        "address": f"{org_id}-{code}",
        "name": "ticket.png",
        "action": "confirm",
        "part": "data",
        "event": exam,
        "registration": college.guid(1),
        "pak": cinema.talk.pak,
        "slug": slug,
        "number": world.event,
        "scope": world.event,
        "kind": "reminder",
        "session": str(cinema.talk.id),
        **dict.fromkeys(
            ("campaign", "question", "series", "speaker", "ticket_type", "venue"), "new"
        ),
    }
    world.tokens |= {
        "console": "x" * 43,
        "watch": db.call(make_token, org_id, viewer),
        "waiting": db.call(_wait, world),
        "my": db.call(make_guest_tokens, org_id, [viewer])[viewer],
        "door": db.call(_pair, org_id, cinema.event.id),
        "summary": db.call(_share, org_id, cinema.event.id),
        **db.call(_invite, world, cinema.event.id, user.id),
    }
    link = db.call(paper_link, exam, BASE, asked_by=org_id)
    world.tokens["scrap-paper"] = _last(link or "")


def _pair(tx: Tx, org_id: OrgId, event_id: EventId) -> str:
    """The secret of a link that pairs a phone."""
    return make_pairing(
        tx, org_id, [(event_id, None)], DoorRole.SUPERVISOR, "Door", actor="t"
    ).token


def _share(tx: Tx, org_id: OrgId, event_id: EventId) -> str:
    """The secret of a link to an event's report, with its files."""
    named: dict[str, Any] = {"days": 7, "has_names": True, "actor": "t"}
    return share_report(tx, org_id, event_id, "Board", "", **named)[1]


def _add_job(tx: Tx, world: World, code: str) -> JobId:
    login = _login(tx, world.org_id, code)
    marker = world.marker
    new = NewJob(job_type=JobType.EMAIL, name=marker, content=Content(subject=marker, text=marker))
    return accept_job(tx, login, new, [NewRecipient(f"r@{marker}.example", name=marker)], POLICY)


def _wait(tx: Tx, world: World) -> str:
    org_id, marker = world.org_id, world.marker
    event = create_event(tx, org_id, "Full", WHEN, capacity=1, actor="t")
    type_id = list_ticket_types(tx, org_id, event.id)[0].id
    register_directly(tx, org_id, event.id, type_id, Contact(email=f"in@{marker}.example"))
    entry = join_list(tx, org_id, event.id, type_id, Contact(email=f"w@{marker}.example"))
    return _last(make_link(ensure_link_key(tx), BASE, entry.id))


def _invite(tx: Tx, world: World, event_id: EventId, user_id: UserId) -> dict[str, str]:
    org_id, marker = world.org_id, world.marker
    type_id = list_ticket_types(tx, org_id, event_id)[0].id
    campaign = create_campaign(
        tx,
        org_id,
        event_id,
        ticket_type_id=type_id,
        name=marker,
        subject=marker,
        sender_email="a@example.com",
        body="%%link%%",
        user_id=user_id,
        actor="t",
    )
    invite(tx, org_id, campaign.id, [Contact(email=f"g@{marker}.example", first_name=marker)])
    job_id, _ = send_campaign(tx, org_id, campaign.id, BASE, actor="t")
    number, fields = tx.connection.execute(
        f"SELECT id, fields FROM recipients WHERE org_id = {org_id} AND job_id = {job_id}"
    ).fetchone()
    invitee = tx.connection.execute(f"SELECT id FROM invitations WHERE org_id = {org_id}")
    world.parts |= {
        "invitation_id": str(campaign.id),
        "recipient_id": str(invitee.fetchone()[0]),
    }
    unsubscribe = unsubscribe_url(BASE, ensure_link_key(tx), number)
    return {
        "invitation": _last(json.loads(fields)["link"]),
        "unsubscribe": _last(unsubscribe),
    }


# -- credentials ---------------------------------------------------------------------------


def _add_credentials(world: World) -> None:
    """Good ones by kind, and `revoked KIND` and `expired KIND`."""
    node, db = world.node, world.node.db
    for role in Role:
        world.credentials[role.value.lower()] = _basic(_add_user(world, role, "good"))
        code = _add_user(world, role, "gone")
        node.execute(f"UPDATE users SET disabled_at = 1 WHERE user_code = '{code}'")
        world.credentials[f"revoked {role.value.lower()}"] = _basic(code)
    makers: dict[str, Callable[[str, int | None], Shown]] = {
        "key": partial(_issue, world, CredentialKind.API_KEY, "APIKey", ""),
        "event": partial(_issue, world, CredentialKind.EVENT_TOKEN, "Authorization", "event "),
        "company": partial(
            _issue, world, CredentialKind.COMPANY_TOKEN, "Authorization", "company "
        ),
        "secret": partial(
            _issue, world, CredentialKind.DEVELOPER_SECRET, "Authorization", "Bearer "
        ),
        "calendar": partial(_issue, world, CredentialKind.CALENDAR_KEY, "user", ""),
    }
    for kind, make in makers.items():
        world.credentials[kind] = make("good", None)
        world.credentials[f"revoked {kind}"] = make("revoked", None)
        world.credentials[f"expired {kind}"] = make("expired", db.clock() - 1)
        world.credentials[f"demo {kind}"] = make("demo", None)
    many = world.credentials["company"].headers["Authorization"].replace("company", "event", 1)
    world.credentials["company for an event"] = Shown({"Authorization": many}, names_event=True)
    _add_jwts(world)
    _add_sessions(world)
    _add_devices(world)


def _add_devices(world: World) -> None:
    """A phone at the door that is good, and one that was signed out."""
    event_id, by = EventId(int(world.event)), {"actor": "t"}
    for kind in ("device", "revoked device"):
        made = world.node.db.call(_pair, world.org_id, event_id)
        paired = world.node.db.call(pair_by_link, made, kind, "")
        world.credentials[kind] = Shown({"Authorization": f"Door {paired.secret}"})
    world.node.db.call(revoke_device, world.org_id, event_id, paired.device.id, **by)


def _add_user(world: World, role: Role, name: str) -> str:
    code = f"{world.parts['slug']}/{name}-{role.value}"
    world.node.db.call(
        create_user,
        world.org_id,
        code,
        role=role,
        name=world.marker,
        email=f"{name}@{world.marker}.example",
        password_hash=HASH,
        actor="t",
    )
    return code


def _basic(code: str) -> Shown:
    pair = base64.b64encode(f"{code}:{PASSWORD}".encode()).decode()
    return Shown({"Authorization": f"Basic {pair}"})


def _issue(
    world: World, kind: CredentialKind, header: str, scheme: str, state: str, expires_at: int | None
) -> Shown:
    db = world.node.db
    event_id = EventId(int(world.event)) if kind is CredentialKind.EVENT_TOKEN else None
    made, secret = db.call(
        issue_credential,
        world.org_id,
        kind,
        state,
        event_id=event_id,
        expires_at=expires_at,
        actor="t",
    )
    if state == "revoked":
        db.call(revoke_credential, world.org_id, made.id, actor="t")
    if state == "demo":
        world.node.execute(f"UPDATE credentials SET is_demo = 1 WHERE id = {made.id}")
    return Shown({header: f"{scheme}{secret}"})


def _add_jwts(world: World) -> None:
    node = world.node

    def sign(seconds_ago: int = 0) -> tuple[Principal, Shown]:
        made, _ = node.db.call(
            issue_credential, world.org_id, CredentialKind.API_KEY, "jwt", actor="t"
        )
        caller = Principal(world.org_id, made.id)
        node.clock.advance(-seconds_ago)
        token = node.client.run(node.tokens.sign(caller))
        node.clock.advance(seconds_ago)
        return caller, Shown({"Authorization": f"Bearer {token}"})

    world.credentials["jwt"] = sign()[1]
    world.credentials["expired jwt"] = sign(2 * HOUR_S)[1]
    caller, world.credentials["revoked jwt"] = sign()
    node.db.call(revoke_credential, world.org_id, caller.credential_id, actor="t")


def _add_sessions(world: World) -> None:
    """Of reports, and of the pages."""
    node = world.node

    def open_pages(role: Role, name: str, seconds_ago: int = 0) -> tuple[int, Shown]:
        login = node.db.call(_login, world.org_id, _add_user(world, role, name))
        node.db.call(grant_reporting, world.org_id, login.user_id, None, actor="t")
        node.clock.advance(-seconds_ago)
        token = node.db.call(begin_page_session, login)
        node.clock.advance(seconds_ago)
        return login.user_id, Shown({"Cookie": f"{SESSION}={token}"})

    world.credentials["page"] = open_pages(Role.ADMIN, "reader")[1]
    world.credentials["expired page"] = open_pages(Role.ADMIN, "idler", 30 * 24 * HOUR_S)[1]
    user_id, world.credentials["revoked page"] = open_pages(Role.ADMIN, "quitter")
    node.execute(f"UPDATE users SET disabled_at = 1 WHERE id = {user_id}")

    def begin(name: str, seconds_ago: int = 0) -> tuple[int, Shown]:
        login = node.db.call(_login, world.org_id, _add_user(world, Role.ACCT, name))
        node.db.call(grant_reporting, world.org_id, login.user_id, None, actor="t")
        node.clock.advance(-seconds_ago)
        si, ui = node.db.call(begin_session, login)
        node.clock.advance(seconds_ago)
        return login.user_id, Shown(query={"si": si, "ui": ui})

    world.credentials["session"] = begin("viewer")[1]
    world.credentials["expired session"] = begin("late", 2 * HOUR_S)[1]
    user_id, world.credentials["revoked session"] = begin("left")
    node.execute(f"UPDATE users SET disabled_at = 1 WHERE id = {user_id}")


def _login(tx: Tx, org_id: OrgId, code: str) -> Any:
    found = find_password(tx, code)
    assert found is not None, (org_id, code)
    return found.principal


def _one(world: World, question: str) -> str:
    return str(world.node.db.call(lambda tx: tx.connection.execute(question).fetchone()[0]))


def _last(url: str) -> str:
    return url.rpartition("/")[2]


def query_of(shown: Shown, event: str, more: dict[str, str]) -> str:
    """The query that a request has: the credential's, the event's, and what the route needs."""
    named = {"event_id": event} if shown.names_event else {}
    return urlencode(shown.query | named | more)
