"""Pages of links: a new password, the set-up of an empty installation, an invitation."""

import asyncio
import contextvars
import zoneinfo
from http import HTTPStatus

from falcon.asgi import Request, Response

from turnout.core.accounts.mailing import mail_reset
from turnout.core.identity.first_start import FirstOwner, check_set_up, set_up
from turnout.core.identity.signing_in import (
    Browser,
    SignedIn,
    find_reset,
    reset_by_link,
    sign_in,
)
from turnout.core.identity.staff_invitations import accept_as_new, accept_as_user, get_invited
from turnout.errors import Failure
from turnout.store import Database, Tx
from turnout.web.console.forms import Form
from turnout.web.console.gate.page import GatePage, go_to, read_new_password
from turnout.web.sessions import PATH, STEP_PATH, PageSessions


class ForgottenPage(GatePage):
    """`/console/reset`."""

    template = "console/gate/forgotten.html"

    def __init__(self, db: Database, sessions: PageSessions, *, has_mail: bool) -> None:
        super().__init__(db, sessions)
        self._has_mail = has_mail
        self._mailing: set[asyncio.Task[None]] = set()

    async def on_get(self, req: Request, resp: Response) -> None:
        """Ask for the name."""
        self.show(req, resp, is_done=False, has_mail=self._has_mail)

    async def on_post(self, req: Request, resp: Response) -> None:
        """Mail a link where there is such a user; the answer is the same for everybody."""
        form = await self.read_form(req)
        name = form.text("name", limit=255)
        if form.is_right:
            self._mail_later(name)
        else:
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
        self.show(req, resp, form, is_done=form.is_right, has_mail=self._has_mail)

    def _mail_later(self, name: str) -> None:
        """Not before the answer: how long it takes would tell who is a user. In a context of its
        own, since what a request asks for is dropped when the request is over."""
        mailing = self.db.write_behind(mail_reset, name, self.sessions.base_url)
        task = asyncio.create_task(mailing, context=contextvars.Context())
        self._mailing.add(task)
        task.add_done_callback(self._mailing.discard)


class ResetPage(GatePage):
    """`/console/reset/{token}`."""

    template = "console/gate/reset.html"

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Ask for the password. Raises Gone for a link that is used or over."""
        user = await self.db.read(find_reset, token)
        self.show(req, resp, user_code=user.user_code)

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Set the password and go on as after a right one. Raises Gone."""
        form = await self.read_form(req)
        user = await self.db.read(find_reset, token)
        password = read_new_password(form)
        if form.is_right:
            hashed = await self.sessions.hash(password)
            is_in = await self.sessions.enter(req, resp, reset_by_link, token, hashed)
            go_to(resp, "/console" if is_in else STEP_PATH)
            return
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
        self.show(req, resp, form, user_code=user.user_code)


class SetUpPage(GatePage):
    """`/console/set-up/{token}`: the first organization and its owner."""

    template = "console/gate/set_up.html"

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Ask for both. Raises Gone for a link that is used or over."""
        await self.db.read(check_set_up, token)
        self.show(req, resp, zones=_list_zones())

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Make both and sign the owner in. Raises Gone."""
        form = await self.read_form(req)
        await self.db.read(check_set_up, token)
        first = _read_first(form)
        password = read_new_password(form)
        if form.is_right:
            hashed = await self.sessions.hash(password)
            entering = self.sessions.enter(req, resp, set_up, token, first, hashed, is_new=True)
            if await self.attempt(resp, form, _place_of, entering):
                go_to(resp, "/console")
                return
        else:
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
        self.show(req, resp, form, zones=_list_zones())


class StaffInvitationPage(GatePage):
    """`/console/invitation/{token}`."""

    template = "console/gate/invitation.html"

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Say who invites to what. Raises Missing, Gone."""
        await self._show(req, resp, token)

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        """Accept: as who is signed in, or as a new user. Raises Missing, Gone, Denied."""
        form = await self.read_form(req)
        if form.has("as_user"):
            slug = await self.sessions.write(req, form.value("session"), accept_as_user, token)
            go_to(resp, f"/console?org={slug}")
            return
        name, password = form.text("name", limit=200), read_new_password(form)
        if form.is_right:
            hashed = await self.sessions.hash(password)
            entering = self.sessions.enter(
                req, resp, _accept_as_new, token, name, hashed, is_new=True
            )
            if await self.attempt(resp, form, lambda _: "", entering):
                go_to(resp, "/console")
                return
        else:
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
        await self._show(req, resp, token, form)

    async def _show(
        self, req: Request, resp: Response, token: str, form: Form | None = None
    ) -> None:
        invited = await self.db.read(get_invited, token)
        account = await self.sessions.find_account(req)
        is_new = form is not None or req.get_param("new", default="") == "1"
        values = {"invited": invited, "account": account, "is_new": is_new}
        self.show(req, resp, form, **values, path=PATH, here=req.path)


def _accept_as_new(tx: Tx, token: str, name: str, hashed: str, browser: Browser) -> SignedIn:
    principal, _ = accept_as_new(tx, token, name, hashed)
    return sign_in(tx, principal, browser)


def _read_first(form: Form) -> FirstOwner:
    return FirstOwner(
        organization=form.text("organization", limit=200),
        slug=form.text("slug", limit=63).lower(),
        timezone=form.choice("timezone", zoneinfo.available_timezones()),
        name=form.text("name", limit=200),
        email=form.email("email"),
    )


def _place_of(failure: Failure) -> str:
    return "slug" if failure.code.startswith("organization.") else ""


def _list_zones() -> list[str]:
    return sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone or zone == "UTC")
