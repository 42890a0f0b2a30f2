"""A demo in a folder, and a way to every GET route of the routers in it.

Routes are taken from the routers themselves: one that is added there and not known here fails the
proofs that visit all of them, by its name.
"""

import base64
import json
import shutil
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from turnout.bootstrap import Node
from turnout.cli.demo_server import seed
from turnout.core.audience.links import list_watch_links
from turnout.core.audience.sharing import share_report
from turnout.core.certificates.issuing import CODE_LENGTH, proof_url
from turnout.core.certificates.sql import sql as certificates
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.events.cards import keep_card
from turnout.core.events.page_names import set_series_name
from turnout.core.events.programme import add_to_channel, create_channel
from turnout.core.exams.printing import make_link
from turnout.core.identity.members import find_password
from turnout.core.identity.page_sessions import begin_page_session
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.opt_outs import ensure_link_key, unsubscribe_url
from turnout.core.messaging.pictures import keep_picture
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.tickets.guest_links import make_guest_tokens
from turnout.core.waiting_list.entries import make_link as make_waiting_link
from turnout.formats.pictures import Picture
from turnout.http.dialect import DialectApp
from turnout.settings import Settings
from turnout.store import Tx, open_database
from turnout.store.migrations.running import migrate
from turnout.web.brand_sheets import brand_path
from turnout.web.event_meta import card_path

BASE = "http://127.0.0.1:1"
DATABASE = "turnout.db"
# The file with the session of somebody who is signed in to the console.
OWNER = "owner"
CONSOLE = "/console"
# What stands in the console's addresses for something that the demo does not have.
NOTHING = "999999"


class Visit(NamedTuple):
    """A request of one route: the rest of the address, and headers."""

    template: str
    target: str
    headers: dict[str, str]
    acts: bool


@cache
def _seeded() -> "tempfile.TemporaryDirectory[str]":
    # The object lives in the cache, and with it the folder, until the process ends.
    folder = tempfile.TemporaryDirectory(prefix="turnout-demo-")
    path = Path(folder.name)
    settings = Settings(database_url=f"sqlite:///{path / DATABASE}", base_url=BASE, allow_demo=True)
    migrate(settings.database_url)
    content = seed(settings, path / "demo.json")
    db = open_database(settings)
    found = db.call(find_password, content.messaging.admin.username)
    assert found
    (path / OWNER).write_text(db.call(begin_page_session, found.principal))
    db.close()
    return folder


def copy_demo(folder: Path) -> tuple[str, dict[str, Any]]:
    """A seeded demo of one's own in `folder`: the database's address, and what demo.json has."""
    shutil.copytree(_seeded().name, folder, dirs_exist_ok=True)
    members = json.loads((folder / "demo.json").read_text())
    return f"sqlite:///{folder / DATABASE}", members


def list_visits(node: Node, demo: dict[str, Any], session: dict[str, str]) -> list[Visit]:
    """One visit of every GET route. `session` has the bearer token of the registration API, and
    the query with which the reporting API is asked. Raises KeyError for a route that has no
    address here."""
    known = node.db.call(_find_addresses, demo)
    session = session | {"door": node.db.call(_pair_phone, demo)}
    apps = {id(mount.app): mount.app for mount in node.app.mounts}.values()
    routes = [route for app in apps if isinstance(app, DialectApp) for route in app.routes]
    shown = [route for route in routes if "GET" in route.methods]
    console = {
        route.template: "HEAD" not in route.methods
        for route in shown
        if route.template.startswith(CONSOLE)
    }
    return [
        _visit(route.template, "HEAD" not in route.methods, demo, known, session)
        for route in shown
        if route.template not in console
    ] + node.db.call(_visit_console, console, demo["reporting"]["eventId"])


def _visit_console(tx: Tx, templates: dict[str, bool], event_id: int) -> list[Visit]:
    """Each page as the owner sees it: of an event and, where it may be one of an organization, of
    that. What the demo does not have is not found."""
    (slug,) = _one(tx, "SELECT slug FROM organizations")
    kinds = {"session": "sessions", "ticket_type": "ticket_types", "registration": "registrations"}
    parts = defaultdict(lambda: NOTHING, kind="confirmation") | {
        name: _one(tx, f"SELECT min(id) FROM {table} WHERE event_id = {event_id}")[0]
        for name, table in kinds.items()
    }
    (job,) = _one(tx, "SELECT min(id) FROM jobs WHERE kind = 'broadcast'")
    (recipient,) = _one(tx, f"SELECT min(id) FROM recipients WHERE job_id = {job}")
    parts |= {"job": job, "recipient": recipient}
    headers = {"Cookie": f"turnout-session={(Path(_seeded().name) / OWNER).read_text()}"}
    targets = {
        (template, template.format_map(parts | {"scope": scope}))
        for template in templates
        for scope in (slug, event_id)
    }
    return [
        Visit(template, target, headers, templates[template])
        for template, target in sorted(targets)
    ]


def _visit(
    template: str,
    acts: bool,
    demo: dict[str, Any],
    known: dict[str, str],
    session: dict[str, str],
) -> Visit:
    target = known[template] if "{" in template or template in known else template
    headers: dict[str, str] = next(
        (make(demo, session) for prefix, make in _HEADERS if template.lower().startswith(prefix)),
        {},
    )
    if template.startswith(_REPORTS) and not acts:
        target = f"{target}?{session['reporting']}&ei={demo['reporting']['eventId']}"
    return Visit(template, target, headers, acts)


_REPORTS = ("/api/reporting", "/api/event/allevents")


def _basic(name: str, password: str) -> dict[str, str]:
    pair = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def admin_headers(demo: dict[str, Any], _session: dict[str, str]) -> dict[str, str]:
    admin = demo["messaging"]["admin"]
    return _basic(admin["username"], admin["password"])


def _reporter(demo: dict[str, Any], _session: dict[str, str]) -> dict[str, str]:
    return _basic(demo["reporting"]["username"], demo["reporting"]["password"])


def developer_headers(demo: dict[str, Any], _session: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {demo['booking']['secret']}"}


def door_headers(demo: dict[str, Any], _session: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"event {demo['attendance']['eventToken']}"}


def _company(demo: dict[str, Any], _session: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"company {demo['attendance']['companyToken']}"}


_HEADERS: tuple[tuple[str, Any], ...] = (
    ("/v1.0/signin", lambda demo, _: {"APIKey": demo["registration"]["apiKey"]}),
    ("/v1.0/", lambda _, session: {"Authorization": f"Bearer {session['token']}"}),
    ("/v1/company", _company),
    ("/v1/", door_headers),
    ("/event/", door_headers),
    ("/api/v1/", admin_headers),
    ("/api/events/classes", lambda *_: {}),
    ("/api/events/", developer_headers),
    ("/api/registrations/", developer_headers),
    ("/door/api/", lambda _, session: {"Authorization": f"Door {session['door']}"}),
    ("/summary", _reporter),
    ("/outbox", admin_headers),
)


def _find_addresses(tx: Tx, demo: dict[str, Any]) -> dict[str, str]:
    """The addresses of routes with variable parts, and of those that need a query."""
    attendance, booking = demo["attendance"], demo["booking"]
    code, event_id = attendance["ticketCodes"][0], attendance["eventId"]
    org_id, slug = _one(tx, "SELECT org_id, slug FROM organizations")
    (candidate,) = _one(
        tx,
        "SELECT uuid FROM registrations WHERE id = (SELECT min(registration_id) FROM"
        " exam_registrations)",
    )
    (ticket_id,) = _one(tx, f"SELECT id FROM tickets WHERE code = '{code}'")
    (viewer,) = _one(
        tx,
        "SELECT t.code FROM tickets t JOIN registrations r ON r.id = t.registration_id"
        f" WHERE r.event_id = {demo['reporting']['eventId']} AND t.state = 'valid'",
    )
    key = ensure_link_key(tx)
    watch = list_watch_links(tx, org_id, viewer)[0][1]
    (waiting_id,) = _one(tx, "SELECT min(id) FROM waiting_entries")
    (recipient_id,) = _one(tx, "SELECT min(id) FROM recipients WHERE address LIKE '%@%'")
    (fields,) = _one(tx, "SELECT fields FROM recipients WHERE fields LIKE '%/invitation/%'")
    paper = make_link(tx, booking["examEvent"], "", asked_by=org_id) or ""
    ticket = f"/ticket/{org_id}-{code}"
    shared = _share_report(tx, org_id, EventId(demo["reporting"]["eventId"]))
    calls = {
        "/v1.0/registerstatus": "/v1.0/registerstatus?queueId=1",
        "/api/events/list-events": "/api/events/list-events?date=2027-01-01",
        "/api/events/classes": f"/api/events/classes?organization={booking['organization']}",
        "/api/events/scrap-paper": f"/api/events/scrap-paper?id={booking['examEvent']}",
        "/api/registrations/{registration}": f"/api/registrations/{candidate}",
        "/scrap-paper/{token}": paper,
        "/v1/event/attendees/{state}": "/v1/event/attendees/checked",
        "/v1/event/attendees/code/{code}": f"/v1/event/attendees/code/{code}.json",
        "/event/attendees/code/{code}": f"/event/attendees/code/{code}",
        "/v1/event/invitations/{invitation_id}/recipients": "/v1/event/invitations/all/recipients",
        "/door/api/badge": f"/door/api/badge?event={event_id}&ticket={ticket_id}",
        "/api/v1/jobs/{job_id}": f"/api/v1/jobs/{_one(tx, 'SELECT min(id) FROM jobs')[0]}",
        "/api/v1/users/{user_id}": f"/api/v1/users/{_one(tx, 'SELECT min(id) FROM users')[0]}",
    }
    mine, paid = _mail_link(tx, org_id, event_id)
    series = _name_series(tx, org_id, EventId(event_id))
    keep_card(tx, org_id, EventId(event_id), "0" * 12, b"picture")
    of_organization = {
        f"{prefix}/{{slug}}/{name}": f"{prefix}/{slug}/{name}"
        for prefix in ("", "/o")
        for name in ("events.ics", "events.rss", "sitemap.xml")
    }
    of_series = {
        f"{prefix}/{{slug}}/series/{{name}}{tail}": f"{prefix}/{slug}/series/{series}{tail}"
        for prefix in ("", "/o")
        for tail in ("", "/events.ics", "/events.rss")
    }
    pages = {
        "/static/brand/{name}": brand_path(""),
        "/og/{name}": card_path(org_id, EventId(event_id), "0" * 12),
        "/my/find/{slug}": f"/my/find/{slug}",
        "/my/{token}": mine,
        "/my/{token}/{part}": f"{mine}/data",
        "/my/{token}/receipts/{code}": f"{mine}/receipts/{paid}",
        "/unsubscribe/{token}": unsubscribe_url("", key, recipient_id),
        "/door/pair/{token}": f"/door/pair/{_make_pairing(tx, demo)}",
        "/invitation/{token}": "/invitation/"
        + fields.partition("/invitation/")[2].partition('"')[0],
        "/certificate/{address}": _certify(tx, org_id),
        "/media/{name}": _show_picture(tx, org_id),
        "/ticket/{address}": ticket,
        "/ticket/{address}/{name}": f"{ticket}/event.ics",
        "/waiting/{token}": make_waiting_link(key, "", waiting_id),
        "/watch/{pak}": watch.rpartition("/")[0],
        "/watch/{pak}/{token}": watch,
        "/{slug}": f"/{slug}",
        "/o/{slug}": f"/o/{slug}",
        "/{slug}/{number}": f"/{slug}/{event_id}",
        "/{slug}/{number}/embed": f"/{slug}/{event_id}/embed",
        "/{slug}/{number}/event.ics": f"/{slug}/{event_id}/event.ics",
        "/o/{slug}/{number}": f"/o/{slug}/{event_id}",
        "/o/{slug}/{number}/embed": f"/o/{slug}/{event_id}/embed",
        "/o/{slug}/{number}/event.ics": f"/o/{slug}/{event_id}/event.ics",
        "/summary/{number}": f"/summary/{demo['reporting']['eventId']}",
        "/summary/shared/{token}": shared,
        "/summary/shared/{token}/report.{ending}": f"{shared}/report.csv",
    }
    return calls | pages | of_organization | of_series


def _mail_link(tx: Tx, org_id: OrgId, event_id: int) -> tuple[str, str]:
    """The personal page of a guest of the event, and the code of their ticket, which is paid."""
    number, code = _one(
        tx,
        "SELECT r.id, t.code FROM registrations r JOIN tickets t ON t.registration_id = r.id"
        f" WHERE r.event_id = {event_id} AND t.state = 'valid' ORDER BY r.id, t.id LIMIT 1",
    )
    ask_for_payment(tx, org_id, code, 4950, "EUR", due_at=tx.now + 86_400_000, actor="test")
    settle(tx, org_id, code, PaymentState.PAID, actor="test")
    (token,) = make_guest_tokens(tx, org_id, [number]).values()
    return f"/my/{token}", code


def _name_series(tx: Tx, org_id: OrgId, event_id: EventId) -> str:
    """The name of a series that has the event."""
    channel = create_channel(tx, org_id, "Talks", actor="test")
    add_to_channel(tx, org_id, channel.id, event_id, actor="test")
    set_series_name(tx, org_id, channel.id, "talks", actor="test")
    return "talks"


def _make_pairing(tx: Tx, demo: dict[str, Any]) -> str:
    """The secret of a link that pairs a phone."""
    (org_id,) = _one(tx, "SELECT org_id FROM organizations")
    places = [(EventId(demo["attendance"]["eventId"]), None)]
    return make_pairing(tx, org_id, places, DoorRole.SUPERVISOR, "Desk", actor="test").token


def _pair_phone(tx: Tx, demo: dict[str, Any]) -> str:
    """The credential of a phone at the door."""
    return pair_by_link(tx, _make_pairing(tx, demo), "", "").secret


def _share_report(tx: Tx, org_id: OrgId, event_id: EventId) -> str:
    """The page of a report that is shared with its files."""
    named: dict[str, Any] = {"days": 7, "has_names": True, "actor": "test"}
    _, token = share_report(tx, org_id, event_id, "Board", "", **named)
    return f"/summary/shared/{token}"


def _certify(tx: Tx, org_id: OrgId) -> str:
    """The page of a certificate of somebody who was checked in."""
    (number, event_id) = _one(
        tx,
        "SELECT r.id, r.event_id FROM registrations r JOIN tickets t ON t.registration_id = r.id"
        f" WHERE r.org_id = {org_id} AND t.state = 'valid' ORDER BY r.id LIMIT 1",
    )
    code = tx.ids.code(CODE_LENGTH)
    certificates.add_certificate(
        tx,
        org_id=org_id,
        registration_id=number,
        event_id=event_id,
        code=code,
        minutes=45,
        now=tx.now,
    )
    return proof_url("", org_id, code)


def _show_picture(tx: Tx, org_id: OrgId) -> str:
    """A picture that the organization keeps."""
    picture = Picture(b"large", b"small", 16, 9)
    digest = keep_picture(tx, org_id, picture, default_quota=1_000_000, actor="test")
    return f"/media/{org_id}-{digest}-1600.webp"


def _one(tx: Tx, statement: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] = tx.connection.execute(statement).fetchone()
    return row
