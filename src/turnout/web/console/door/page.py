"""`/console/{event}/door`: phones that check people in, and the event's gates."""

import re
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.checkin.gates import Gate, create_gate, days_of, list_gates
from turnout.core.door.devices import list_devices, revoke_device
from turnout.core.door.looking import looks_first, set_looks_first
from turnout.core.door.model import Device, DoorRole
from turnout.core.door.pairing import (
    CODE_LENGTH,
    CODE_MS,
    LETTERS,
    PATH,
    NewPairing,
    confirm_device,
    find_pairing,
    make_pairing,
)
from turnout.core.door.printers import (
    USUAL_PORT,
    Printer,
    add_printer,
    list_printers,
    remove_printer,
)
from turnout.core.door.scanning import LetIn, list_let_in
from turnout.core.door.uploading import KeptConflict, list_conflicts
from turnout.core.events.model import Session, TicketType
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.ids import DeviceId, GateId, PrinterId, SessionId, TicketTypeId
from turnout.core.payments.settling import refuses_unpaid, set_refuses_unpaid
from turnout.errors import Missing
from turnout.formats.labels import PrinterLanguage
from turnout.formats.qr import qr_svg
from turnout.web.console.actors import name_actors
from turnout.web.console.door.elsewhere import Elsewhere, list_elsewhere, pick_elsewhere
from turnout.web.console.events.going import attempt, lead_to, read_done, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.news import answer_news, asks_for_news

TEMPLATE = "console/door/door.html"
SILENT_MS = 5 * 60_000
CONFLICTS = 100
COOKIE = "turnout-pairing"
_KEPT = re.compile(rf"([\w-]{{40,60}})\.([{LETTERS}]{{{CODE_LENGTH}}})")


class DoorCode(NamedTuple):
    """A code that still pairs a phone: the secret of its link and its letters."""

    token: str
    letters: str


class DoorView(NamedTuple):
    """What the page shows. Instants in epoch ms."""

    devices: list[Device]
    gates: list[Gate]
    ticket_types: list[TicketType]
    sessions: list[Session]
    names: dict[str, str]
    conflicts: list[KeptConflict]
    let_in: list[LetIn]
    now: int
    code: DoorCode | None
    days: list[str]
    printers: list[Printer]
    elsewhere: list[Elsewhere]
    refuses_unpaid: bool
    looks_first: bool

    @property
    def waiting(self) -> list[Device]:
        """The phones that show a word."""
        return [one for one in self.devices if one.confirmed_at is None and one.is_good(self.now)]

    def state_of(self, device: Device) -> tuple[str, str]:
        """A label of how a phone stands, and the kind of its tag."""
        if device.revoked_at is not None:
            return "console.door.revoked", "stop"
        if not device.is_good(self.now):
            return "console.door.over", ""
        if device.confirmed_at is None:
            return "console.door.waiting", "wait"
        seen = device.last_seen_at or device.created_at
        is_silent = self.now - seen > SILENT_MS
        return ("console.door.silent", "wait") if is_silent else ("console.door.good", "go")


class DoorPage(ConsolePage):
    """`/console/{event}/door`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The phones, the gates, and what can be done; anyone who made a code sees it while it is
        good. A page that shows one asks by htmx for what comes of it. Raises Missing."""
        if asks_for_news(req):
            view = await self.console.read(req, "door.see", find_door, _read_code(req))
            answer_news(resp, is_new=view.code is None or bool(view.waiting))
            return
        await self._show(req, resp, fill({"role": DoorRole.STEWARD.value}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Show a code, confirm or end a phone, add a gate or a printer, refuse unpaid tickets, or
        show tickets first. Raises Missing."""
        form = await self.console.take(req)
        for name, verb, done in (
            ("confirm", _confirm, "confirmed"),
            ("revoke", _revoke, "revoked"),
            ("remove_printer", _remove_printer, "printer_removed"),
        ):
            if form.has(name):
                number = read_number(form.value(name))
                await self.console.write(req, form, "door.change", verb, number)
                lead_to(resp, req.path, done, "phones")
                return
        if form.has("unpaid"):
            is_refused = form.value("unpaid") == "refuse"
            await self.console.write(req, form, "door.change", _refuse_unpaid, is_refused)
            lead_to(resp, req.path, "unpaid_refused" if is_refused else "unpaid_let_in", "unpaid")
            return
        if form.has("looks"):
            is_first = form.value("looks") == "first"
            await self.console.write(req, form, "door.change", _look_first, is_first)
            lead_to(resp, req.path, "look_first" if is_first else "express", "looks")
            return
        if form.has("add_printer"):
            given = _read_printer(form)
            if await attempt(self.console, req, form, "door.change", _add_printer, *given):
                lead_to(resp, req.path, "printer", "printers")
                return
            await self._show(req, resp, form)
            return
        if form.has("add_gate"):
            if await attempt(self.console, req, form, "door.change", _add_gate, *_read_gate(form)):
                lead_to(resp, req.path, "gate", "gates")
                return
            await self._show(req, resp, form)
            return
        role = form.choice("role", list(DoorRole))
        name = form.text("name", limit=60, is_required=False)
        gate = form.number("gate")
        at = None if gate is None else GateId(gate)
        asked = (DoorRole(role or DoorRole.STEWARD), name, at, form.values("also"))
        made = await attempt(self.console, req, form, "door.change", _make_code, *asked)
        if made is None:
            await self._show(req, resp, form)
            return
        self._keep_code(req, resp, made)
        lead_to(resp, req.path, part="new")

    def _keep_code(self, req: Request, resp: Response, made: NewPairing) -> None:
        """Hand a code to the page that shows it: it is kept in this browser alone."""
        resp.set_cookie(
            COOKIE,
            f"{made.token}.{made.code}",
            max_age=CODE_MS // 1000,
            path=req.path,
            secure=self.console.base_url.startswith("https://"),
            http_only=True,
            same_site="Strict",
        )

    async def _show(self, req: Request, resp: Response, form: Form) -> None:
        view = await self.console.read(req, "door.see", find_door, _read_code(req))
        address = f"{self.console.base_url}{PATH}{view.code.token}" if view.code else ""
        self.console.answer(
            req,
            resp,
            TEMPLATE,
            form,
            view=view,
            qr=qr_svg(address) if address else "",
            address=f"{self.console.base_url}/door",
            roles=list(DoorRole),
            languages_of_printers=list(PrinterLanguage),
            done=read_done(req, "console.door.done."),
        )


def find_door(visit: Visit, code: DoorCode | None) -> DoorView:
    """Everything that the page shows; `code` is one that this browser has."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    return DoorView(
        list_devices(tx, org_id, event_id),
        list_gates(tx, org_id, event_id),
        list_ticket_types(tx, org_id, event_id),
        list_sessions(tx, org_id, event_id),
        name_actors(visit),
        list_conflicts(tx, org_id, event_id, CONFLICTS),
        list_let_in(tx, org_id, event_id, CONFLICTS),
        tx.now,
        code if code and _is_good(visit, code) else None,
        days_of(visit.at),
        list_printers(tx, org_id, event_id),
        list_elsewhere(visit),
        refuses_unpaid(tx, org_id, event_id),
        looks_first(tx, org_id, event_id),
    )


def _read_code(req: Request) -> DoorCode | None:
    kept = _KEPT.fullmatch((req.get_cookie_values(COOKIE) or [""])[0])
    return DoorCode(kept[1], kept[2]) if kept else None


def _is_good(visit: Visit, code: DoorCode) -> bool:
    try:
        org_id, pairing = find_pairing(visit.tx, code.token)
    except Missing:
        return False
    return (org_id, pairing.event_id) == (visit.org_id, visit.at.id)


def _make_code(
    visit: Visit, role: DoorRole, name: str, gate_id: GateId | None, also: list[str]
) -> NewPairing:
    others = [(one.event_id, one.gate_id) for one in pick_elsewhere(visit, also)]
    places = [(visit.at.id, gate_id), *others]
    return make_pairing(visit.tx, visit.org_id, places, role, name, actor=visit.user.actor)


def _confirm(visit: Visit, number: int) -> None:
    confirm_device(visit.tx, visit.org_id, visit.at.id, DeviceId(number), actor=visit.user.actor)


def _revoke(visit: Visit, number: int) -> None:
    revoke_device(visit.tx, visit.org_id, visit.at.id, DeviceId(number), actor=visit.user.actor)


def _refuse_unpaid(visit: Visit, is_refused: bool) -> None:
    by = visit.user.actor
    set_refuses_unpaid(visit.tx, visit.org_id, visit.at.id, is_refused=is_refused, actor=by)


def _look_first(visit: Visit, is_first: bool) -> None:
    by = visit.user.actor
    set_looks_first(visit.tx, visit.org_id, visit.at.id, is_first=is_first, actor=by)


def _remove_printer(visit: Visit, number: int) -> None:
    where = (visit.tx, visit.org_id, visit.at.id, PrinterId(number))
    remove_printer(*where, actor=visit.user.actor)


def _read_printer(form: Form) -> tuple[str, str, str, int]:
    name, host = form.text("printer_name", limit=60), form.text("printer_host", limit=255)
    kind = form.choice("printer_language", list(PrinterLanguage)) or PrinterLanguage.ZPL
    return name, kind, host, form.number("printer_port") or USUAL_PORT


def _add_printer(visit: Visit, name: str, kind: str, host: str, port: int) -> Printer:
    where = (visit.tx, visit.org_id, visit.at.id, name, PrinterLanguage(kind), host, port)
    return add_printer(*where, actor=visit.user.actor)


def _read_gate(form: Form) -> tuple[str, list[TicketTypeId], list[SessionId], bool, str]:
    types = [TicketTypeId(number) for number in form.numbers("ticket_type")]
    sessions = [SessionId(number) for number in form.numbers("session")]
    name = form.text("gate_name", limit=100)
    return name, types, sessions, form.has("has_exit"), form.value("gate_day")


def _add_gate(
    visit: Visit,
    name: str,
    types: list[TicketTypeId],
    sessions: list[SessionId],
    has_exit: bool,
    day: str,
) -> Gate:
    where = (visit.tx, visit.org_id, visit.at.id)
    by = visit.user.actor
    return create_gate(*where, name, types, sessions, has_exit=has_exit, day=day, actor=by)
