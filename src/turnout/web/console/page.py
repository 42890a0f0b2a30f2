"""What every page of the console does: admit who asks, run one verb, show the page."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import falcon
from falcon.asgi import Request, Response

from turnout.core.audience.reports import ReportFile
from turnout.core.events.listing import is_date_open
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event
from turnout.core.identity.model import Organization, Principal
from turnout.core.identity.operators import is_operator
from turnout.core.ids import OrgId, PersonId
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.sights import Viewer
from turnout.core.people.reach import Reach, check_reached, is_reached
from turnout.errors import Missing
from turnout.http.dialect import Resource
from turnout.store import Tx
from turnout.web.catalogue import Served
from turnout.web.console.access import ConsoleUser, admit
from turnout.web.console.forms import BODY_LIMIT, Form, read_console_form, read_form_with_files
from turnout.web.console.messages.sending import Sending
from turnout.web.console.navigation import Navigation, count_stops
from turnout.web.console.once import read_mark, run_once
from turnout.web.console.words import render_console
from turnout.web.documents import NO_STORE
from turnout.web.sessions import PageSessions

OPERATE = "server.see"
P = ParamSpec("P")
T = TypeVar("T")


class Visit(NamedTuple):
    """A transaction of somebody who is signed in, at an event or at the organization's own."""

    tx: Tx
    user: ConsoleUser
    organization: Organization
    event: Event | None
    principal: Principal

    @property
    def org_id(self) -> OrgId:
        return self.user.org_id

    @property
    def at(self) -> Event:
        """The event of a page of an event."""
        if self.event is None:
            raise Missing("path.missing", path=self.organization.slug)
        return self.event

    @property
    def reach(self) -> Reach:
        """Whom the user may change here."""
        return Reach(self.user.access, self.event.id if self.event else None)

    def reaches(self, person_id: PersonId) -> bool:
        """Whether the user sees every event in which the person has a record."""
        return is_reached(self.tx, self.org_id, person_id, self.user.access)

    def check_reached(self, person_id: PersonId) -> None:
        """Raise Conflict for a person who has records in events that the user does not see."""
        check_reached(self.tx, self.org_id, person_id, self.user.access)

    @property
    def viewer(self) -> Viewer:
        """Who looks through the organization's jobs."""
        return Viewer(self.user.user_id, self.user.access.sight)

    @property
    def owner(self) -> str:
        """Whose the keys of forms are that were sent."""
        return f"user:{self.user.user_id}"

    def may(self, permission: str) -> bool:
        """Whether the user may do that here."""
        return self.user.may(permission, self.event.id if self.event else None)


class Frame(NamedTuple):
    """What bar, breadcrumb and navigation of a page show."""

    user: ConsoleUser
    organization: Organization
    event: Event | None
    counts: dict[str, int]
    is_operator: bool = False
    """Whether the user may see the server's own page."""
    is_date_open: bool = False
    """Whether the event is postponed, and its new date is not known yet."""

    def may(self, permission: str) -> bool:
        return self.user.may(permission, self.event.id if self.event else None)


VisitVerb = Callable[Concatenate[Visit, P], T]
"""What a page asks for: `verb(visit, …)`."""


class Console:
    """Runs verbs for who is signed in, and shows pages to them. `file_quota` is how many bytes of
    files an organization may keep that has no quota of its own, `prices` what messages cost,
    `report_files` the formats of audience reports, `sending` what is set about messages, `served`
    what else the operator has set."""

    def __init__(
        self,
        sessions: PageSessions,
        base_url: str,
        navigation: Navigation,
        file_quota: int = 0,
        prices: Prices | None = None,
        report_files: tuple[ReportFile, ...] = (),
        sending: Sending = Sending(),  # noqa: B008 - immutable
        served: Served | None = None,
    ) -> None:
        self.sessions = sessions
        self.report_files = report_files
        self.prices = prices
        self.sending = sending
        self.served = served or Served()
        self.file_quota = file_quota
        self._navigation = navigation
        self.base_url = base_url

    @property
    def price_currency(self) -> str:
        """The currency of prices, limits and credit."""
        return self.prices.currency if self.prices else ""

    async def read(
        self,
        req: Request,
        permission: str,
        verb: VisitVerb[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`verb(visit, …)` in a transaction that reads. The address says whether the visit is at an
        event. Raises Unauthenticated (browsers are led to the sign-in page), Denied, Missing."""
        frame, found = await self.sessions.read(
            req, _visit, permission, _scope(req), verb, args, kwargs
        )
        req.context.frame = frame
        return found

    async def find_frame(self, req: Request, permission: str, scope: str) -> None:
        """Make the frame of a page whose address need not lead to anything. Raises as `read`."""
        frame, _ = await self.sessions.read(req, _visit, permission, scope, _nothing, (), {})
        req.context.frame = frame

    async def write(
        self,
        req: Request,
        form: Form,
        permission: str,
        verb: VisitVerb[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`verb(visit, …)` in a transaction that writes. Raises Denied for a form that is not of
        this session, and what `read` raises."""
        frame, done = await self.sessions.write(
            req, form.token, _visit, permission, _scope(req), verb, args, kwargs
        )
        req.context.frame = frame
        return done

    async def write_once(
        self,
        req: Request,
        form: Form,
        permission: str,
        verb: VisitVerb[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """As `write`, for what makes something: a form that is sent twice makes one thing, and
        both get it. The verb says what it returns, and that is kept as JSON."""
        asked = read_mark(req, form)

        def run(visit: Visit) -> T:
            return run_once(visit, asked, verb, lambda: verb(visit, *args, **kwargs))

        return await self.write(req, form, permission, run)

    async def write_secret(
        self,
        req: Request,
        form: Form,
        permission: str,
        verb: VisitVerb[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """As `write_once`, for what returns a secret, which is not kept: the second copy of a form
        raises Conflict."""
        asked = read_mark(req, form)

        def run(visit: Visit) -> T:
            return run_once(
                visit, asked, verb, lambda: verb(visit, *args, **kwargs), is_secret=True
            )

        return await self.write(req, form, permission, run)

    async def trace(
        self,
        req: Request,
        permission: str,
        verb: VisitVerb[P, T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`verb(visit, …)` for a link that changes nothing but the audit, such as an export. Raises
        as `read` does."""
        frame, done = await self.sessions.trace(
            req, _visit, permission, _scope(req), verb, args, kwargs
        )
        req.context.frame = frame
        return done

    async def take(self, req: Request, size: int = BODY_LIMIT) -> Form:
        """The form that a browser sent from a page of this session. Raises Denied for one that is
        not, Invalid for what cannot be read."""
        form = req.context.form = await read_console_form(req, size)
        self.sessions.check_own_form(req, form.token)
        return form

    async def take_files(self, req: Request, size: int) -> tuple[Form, dict[str, bytes]]:
        """As `take`, for a form of up to `size` bytes with files; they are by their fields."""
        form, files = await read_form_with_files(req, size)
        self.sessions.check_own_form(req, form.token)
        return form, files

    def show(self, req: Request, resp: Response, template: str, **values: Any) -> None:
        """Answer with a page, in the frame of the visit that was made for this request."""
        frame: Frame = req.context.frame
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render_console(
            template,
            account=req.context.account,
            frame=frame,
            may=frame.may,
            has=self._navigation.has,
            has_place=self._navigation.has_place,
            path=req.path,
            base_url=self.base_url,
            price_currency=self.price_currency,
            has_overview=self._navigation.has_overview,
            groups=self._navigation.groups(frame, req.path) if frame.event else [],
            places=self._navigation.places(frame, req.path),
            **values,
        )

    def answer(
        self, req: Request, resp: Response, template: str, form: Form | None, **values: Any
    ) -> None:
        """Answer with the form's page: 422 where something in it is wrong, else as it is."""
        self.show(req, resp, template, form=form, **values)
        if form and form.faults:
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY

    def refuse(
        self, req: Request, resp: Response, template: str, form: Form, **values: Any
    ) -> None:
        """Answer 422 with the form's own page: what was typed, and its faults."""
        self.show(req, resp, template, form=form, **values)
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY


class ConsolePage(Resource):
    """A page of the console; see the package's comment."""

    def __init__(self, console: Console) -> None:
        self.console = console


def _nothing(_visit: Visit) -> None:
    """Who asks is looked up, and nothing is read."""


def _scope(req: Request) -> str:
    """What the address is about: an event's number, a short name, or (empty) neither. Pages without
    a scope show the organization that `?org=` names, else where the user begins."""
    has_scope = (req.uri_template or "").startswith("/console/{scope}")
    return req.path.split("/")[2] if has_scope else req.get_param("org", default="")


def _visit(
    tx: Tx,
    principal: Principal,
    permission: str,
    scope: str,
    verb: Callable[..., T],
    args: Any,
    kwargs: Any,
) -> tuple[Frame, T]:
    user, event_id = admit(tx, principal, permission, scope)
    organization = user.access.organization
    event = None if event_id is None else get_event(tx, user.org_id, event_id)
    found = verb(Visit(tx, user, organization, event, principal), *args, **kwargs)
    counts = count_stops(tx, user.org_id, event.id) if event else {}
    operates = user.may(OPERATE) and is_operator(tx, user.org_id)
    is_open = event is not None and is_date_open(tx, user.org_id, event.id)
    return Frame(user, organization, event, counts, operates, is_open), found
