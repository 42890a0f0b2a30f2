"""Who works for the organization: roles, invitations, the events that somebody sees."""

from http import HTTPStatus
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.accounts.mailing import invite_as
from turnout.core.events.model import Event
from turnout.core.events.programme import list_events
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import (
    Colleague,
    get_colleague,
    limit_colleague,
    limit_event,
    list_closed_events,
    list_colleagues,
    require_may_give,
    set_roles,
)
from turnout.core.identity.staff_invitations import (
    StaffInvitation,
    list_invitations,
    withdraw_invitation,
)
from turnout.core.ids import EventId, UserId
from turnout.errors import Conflict, Invalid
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.forms import go_on, read_done
from turnout.web.numbers import parse_number

SEE, CHANGE = "users.see", "users.change"
DONE = frozenset({"invited", "withdrawn", "changed", "removed", "limited"})
EVENTS_LIMIT = 500


class UsersView(NamedTuple):
    """What the page shows; `closed` are the events that only named people see."""

    colleagues: list[Colleague]
    invitations: list[StaffInvitation]
    events: list[Event]
    closed: frozenset[EventId]
    now: int


class UsersPage(ConsolePage):
    """`/console/{scope}/users`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The staff. Raises Denied, Missing."""
        await self._show(req, resp)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Invite, withdraw an invitation, or limit an event to people. Raises Denied, Missing."""
        form = await self.console.take(req)
        do = form.value("do")
        if do == "withdraw":
            number = form.whole("number") or 0
            await self.console.write(req, form, CHANGE, _withdraw, number)
            go_on(req, resp, "withdrawn")
        elif do in ("limit", "open"):
            event = EventId(form.whole("event") or 0)
            await self.console.write(req, form, CHANGE, _limit_event, event, do == "limit")
            go_on(req, resp, "limited")
        else:
            await self._invite(req, resp, form)

    async def _invite(self, req: Request, resp: Response, form: Form) -> None:
        email, roles = form.email("email"), read_roles(form)
        events = [EventId(number) for number in form.numbers("events")]
        if form.is_right:
            try:
                await self.console.write_once(
                    req, form, CHANGE, _invite, email, roles, events, self.console.base_url
                )
                go_on(req, resp, "invited")
                return
            except Invalid as refusal:
                form.refuse(refusal, "email" if refusal.code == "user.email" else "")
        await self._show(req, resp, form)
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY

    async def _show(self, req: Request, resp: Response, form: Form | None = None) -> None:
        view = await self.console.read(req, SEE, read_users)
        done = read_done(req, DONE) if req.method == "GET" else ""
        self.console.show(
            req, resp, "console/users.html", view=view, form=form, done=done, roles=StaffRole
        )


class UserPage(ConsolePage):
    """`/console/{scope}/users/{user_id}`: one colleague."""

    async def on_get(self, req: Request, resp: Response, scope: str, user_id: str) -> None:
        """Roles and events. Raises Denied, Missing."""
        await self._show(req, resp, user_id)

    async def on_post(self, req: Request, resp: Response, scope: str, user_id: str) -> None:
        """Save them, or take all roles away. Raises Denied, Missing."""
        form = await self.console.take(req)
        is_leaving = form.value("do") == "remove"
        roles = frozenset[StaffRole]() if is_leaving else read_roles(form)
        events = [EventId(number) for number in form.numbers("events")]
        if form.is_right:
            try:
                await self.console.write(
                    req, form, CHANGE, _change, _id(user_id), roles, events, form.has("is_limited")
                )
                where = req.path.rpartition("/")[0] if is_leaving else req.path
                resp.status = HTTPStatus.SEE_OTHER
                resp.location = f"{where}?done={'removed' if is_leaving else 'changed'}"
                return
            except (Conflict, Invalid) as refusal:
                form.refuse(refusal, "roles" if isinstance(refusal, Conflict) else "")
        await self._show(req, resp, user_id, form)
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY

    async def _show(
        self, req: Request, resp: Response, user_id: str, form: Form | None = None
    ) -> None:
        colleague, events = await self.console.read(req, SEE, _read_user, _id(user_id))
        stored = fill(
            {
                "roles": [role.value for role in colleague.roles],
                "is_limited": ["1"] if colleague.is_limited else [],
                "events": [str(event_id) for event_id in colleague.event_ids],
            }
        )
        self.console.show(
            req,
            resp,
            "console/user.html",
            colleague=colleague,
            events=events,
            form=form or stored,
            done=read_done(req, DONE) if req.method == "GET" else "",
            is_asked=req.get_param("ask", default="") == "remove",
            roles=StaffRole,
        )


def read_roles(form: Form) -> frozenset[StaffRole]:
    """The roles that were ticked; leaves a fault where none is, or one is unknown."""
    chosen = form.values("roles")
    if not chosen or not set(chosen) <= set(StaffRole):
        form.fault("roles", "console.users.fault.roles")
        return frozenset()
    return frozenset(StaffRole(role) for role in chosen)


def _id(text: str) -> UserId:
    return UserId(parse_number(text) or 0)


def read_users(visit: Visit) -> UsersView:
    """The staff, invitations to it, and the events that may be limited to some of it."""
    tx, org_id = visit.tx, visit.org_id
    return UsersView(
        list_colleagues(tx, org_id),
        list_invitations(tx, org_id),
        list_events(tx, org_id, limit=EVENTS_LIMIT),
        list_closed_events(tx, org_id),
        tx.now,
    )


def _read_user(visit: Visit, user_id: UserId) -> tuple[Colleague, list[Event]]:
    colleague = get_colleague(visit.tx, visit.org_id, user_id)
    return colleague, list_events(visit.tx, visit.org_id, limit=EVENTS_LIMIT)


def _invite(
    visit: Visit, email: str, roles: frozenset[StaffRole], events: list[EventId], base_url: str
) -> None:
    invite_as(visit.tx, visit.user.access, email, roles, events, base_url)


def _withdraw(visit: Visit, number: int) -> None:
    withdraw_invitation(visit.tx, visit.org_id, number, actor=visit.user.actor)


def _limit_event(visit: Visit, event_id: EventId, is_limited: bool) -> None:
    limit_event(visit.tx, visit.org_id, event_id, is_limited=is_limited, actor=visit.user.actor)


def _change(
    visit: Visit,
    user_id: UserId,
    roles: frozenset[StaffRole],
    events: list[EventId],
    is_limited: bool,
) -> None:
    tx, org_id, actor = visit.tx, visit.org_id, visit.user.actor
    colleague = get_colleague(tx, org_id, user_id)
    require_may_give(tx, visit.user.access, user_id, roles, events, is_limited=is_limited)
    set_roles(tx, org_id, colleague.user, roles, actor=actor)
    if roles:
        limit_colleague(tx, org_id, user_id, events, is_limited=is_limited, actor=actor)
