"""Somebody's own account: password, second step, passkeys, sessions."""

import html
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, NamedTuple

import falcon
from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.core.identity.model import User
from turnout.core.identity.page_sessions import (
    SessionLine,
    list_page_sessions,
    revoke_page_session,
    revoke_page_sessions,
)
from turnout.core.identity.passkeys import (
    Passkey,
    add_passkey,
    begin_passkey,
    list_passkeys,
    relying_party,
    remove_passkey,
)
from turnout.core.identity.second_steps import (
    SecondSteps,
    begin_authenticator,
    confirm_authenticator,
    find_second_steps,
    find_unconfirmed,
    make_first_recovery_codes,
    make_recovery_codes,
    remove_authenticator,
)
from turnout.core.identity.signing_in import change_password
from turnout.core.identity.staff import Workplace, list_workplaces
from turnout.errors import Conflict, Failure, Gone, Invalid, Limited, Unauthenticated
from turnout.formats.qr import qr_svg
from turnout.web.console.access import ACCOUNT
from turnout.web.console.forms import Form
from turnout.web.console.gate.page import read_new_password
from turnout.web.console.page import Console, ConsolePage, Visit
from turnout.web.documents import NO_STORE
from turnout.web.forms import go_on, read_done

DONE = frozenset({"password", "off", "removed", "ended", "passkey"})


class AccountView(NamedTuple):
    """What the page shows. `url` is an authenticator's that waits to be confirmed, with its
    `secret` for typing."""

    user: User
    steps: SecondSteps
    url: str | None
    secret: str
    passkeys: list[Passkey]
    sessions: list[SessionLine]
    workplaces: list[Workplace]

    @property
    def qr(self) -> Markup:
        return Markup(qr_svg(self.url or ""))  # noqa: S704 - our own drawing


class AccountPage(ConsolePage):
    """`/console/{scope}/account`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The account of who is signed in."""
        await self._show(req, resp)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Do what the button that was pressed says. Raises Denied, Missing."""
        form = await self.console.take(req)
        action = _ACTIONS.get(form.value("do"), AccountPage.do_nothing)
        await action(self, req, resp, form)

    async def do_nothing(self, req: Request, resp: Response, form: Form) -> None:
        await self.console.write(req, form, ACCOUNT, _get_user)
        go_on(req, resp)

    async def set_password(self, req: Request, resp: Response, form: Form) -> None:
        password = read_new_password(form)
        user = await self.console.write(req, form, ACCOUNT, _get_user)
        if form.is_right and await is_confirmed(self.console, req, form, user):
            hashed = await self.console.sessions.hash(password)
            await self.console.sessions.enter(req, resp, change_password, user, hashed)
            go_on(req, resp, "password")
            return
        await self._show(req, resp, form, HTTPStatus.UNPROCESSABLE_ENTITY)

    async def begin_two_step(self, req: Request, resp: Response, form: Form) -> None:
        await self.console.write(req, form, ACCOUNT, _begin)
        go_on(req, resp, part="two-step")

    async def confirm(self, req: Request, resp: Response, form: Form) -> None:
        done = await self.console.write(req, form, ACCOUNT, _confirm, form.value("code"))
        if isinstance(done, Failure):
            form.refuse(done, "code")
            await self._show(req, resp, form, HTTPStatus.UNPROCESSABLE_ENTITY)
            return
        await self._show(req, resp, codes=done)

    async def make_codes(self, req: Request, resp: Response, form: Form) -> None:
        codes = await self.console.write(req, form, ACCOUNT, _make_codes)
        await self._show(req, resp, codes=codes)

    async def turn_off(self, req: Request, resp: Response, form: Form) -> None:
        user = await self.console.write(req, form, ACCOUNT, _get_user)
        if await is_confirmed(self.console, req, form, user):
            await self.console.write(req, form, ACCOUNT, _remove_authenticator)
            go_on(req, resp, "off")
            return
        await self._show(req, resp, form, HTTPStatus.UNPROCESSABLE_ENTITY)

    async def add_passkey(self, req: Request, resp: Response, form: Form) -> None:
        base_url = self.console.base_url
        try:
            codes = await self.console.write(
                req, form, ACCOUNT, _add_passkey, form.value("answer"), form.value("name"), base_url
            )
        except (Invalid, Gone, Conflict) as refusal:
            form.refuse(refusal, "name")
            await self._show(req, resp, form, HTTPStatus.UNPROCESSABLE_ENTITY)
            return
        if codes:
            await self._show(req, resp, codes=codes)
        else:
            go_on(req, resp, "passkey")

    async def remove_passkey(self, req: Request, resp: Response, form: Form) -> None:
        await self.console.write(req, form, ACCOUNT, _remove_passkey, form.value("handle"))
        go_on(req, resp, "removed")

    async def end_session(self, req: Request, resp: Response, form: Form) -> None:
        number = form.whole("number") or 0
        await self.console.write(req, form, ACCOUNT, _end_session, number)
        go_on(req, resp, "ended")

    async def end_others(self, req: Request, resp: Response, form: Form) -> None:
        account = await self.console.sessions.find_account(req)
        kept = account.digest if account else ""
        await self.console.write(req, form, ACCOUNT, _end_others, kept)
        go_on(req, resp, "ended")

    async def _show(
        self,
        req: Request,
        resp: Response,
        form: Form | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        codes: list[str] | None = None,
    ) -> None:
        view = await self.console.read(req, ACCOUNT, _read_account)
        self.console.show(
            req,
            resp,
            "console/account.html",
            view=view,
            form=form,
            codes=codes,
            own=req.context.account.digest,
            has_passkeys=relying_party(self.console.base_url) is not None,
            done=read_done(req, DONE) if req.method == "GET" else "",
        )
        resp.status = status


class AccountPasskeyPage(ConsolePage):
    """`/console/{scope}/account/passkey`: what the script of the account's page asks."""

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Options for a passkey, for the present password; the account's page takes the browser's
        answer. Raises Denied, Invalid."""
        form = await self.console.take(req)
        resp.set_header("Cache-Control", NO_STORE)
        resp.content_type = falcon.MEDIA_JSON
        user = await self.console.write(req, form, ACCOUNT, _get_user)
        if await is_confirmed(self.console, req, form, user):
            base_url = self.console.base_url
            resp.text = await self.console.write(req, form, ACCOUNT, _begin_passkey, base_url)
        else:
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
            resp.media = {"said": html.unescape(str(form.faults["current"]))}


async def is_confirmed(console: Console, req: Request, form: Form, user: User) -> bool:
    """Whether the present password was typed; else the fault stands beside its field."""
    try:
        await console.sessions.check_password(req, user.user_code, form.exact("current"))
    except (Unauthenticated, Limited) as refusal:
        if isinstance(refusal, Limited):
            form.refuse(refusal, "current")
        else:
            form.fault("current", "console.account.wrong_password")
        return False
    return True


def _get_user(visit: Visit) -> User:
    return visit.user.access.member.user


def _read_account(visit: Visit) -> AccountView:
    tx, user = visit.tx, _get_user(visit)
    url = find_unconfirmed(tx, user)
    secret = (url or "").partition("secret=")[2].partition("&")[0]
    return AccountView(
        user,
        find_second_steps(tx, user.org_id, user.id),
        url,
        " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        list_passkeys(tx, user),
        list_page_sessions(tx, user),
        list_workplaces(tx, visit.principal),
    )


def _begin(visit: Visit) -> None:
    begin_authenticator(visit.tx, _get_user(visit))


def _confirm(visit: Visit, code: str) -> Failure | list[str]:
    user = _get_user(visit)
    return confirm_authenticator(visit.tx, user, code) or make_recovery_codes(visit.tx, user)


def _make_codes(visit: Visit) -> list[str]:
    user = _get_user(visit)
    if not find_second_steps(visit.tx, user.org_id, user.id).is_on:
        raise Invalid("two_step.off")
    return make_recovery_codes(visit.tx, user)


def _remove_authenticator(visit: Visit) -> None:
    remove_authenticator(visit.tx, _get_user(visit), actor=visit.user.actor)


def _begin_passkey(visit: Visit, base_url: str) -> str:
    return begin_passkey(visit.tx, _get_user(visit), base_url)


def _add_passkey(visit: Visit, answer: str, name: str, base_url: str) -> list[str]:
    """The recovery codes that come with the first second step; none to somebody who has some."""
    user = _get_user(visit)
    add_passkey(visit.tx, user, answer, name, base_url)
    return make_first_recovery_codes(visit.tx, user)


def _remove_passkey(visit: Visit, handle: str) -> None:
    remove_passkey(visit.tx, _get_user(visit), handle, actor=visit.user.actor)


def _end_session(visit: Visit, number: int) -> None:
    revoke_page_session(visit.tx, _get_user(visit), number, actor=visit.user.actor)


def _end_others(visit: Visit, kept: str) -> None:
    revoke_page_sessions(visit.tx, _get_user(visit), kept=kept, actor=visit.user.actor)


_ACTIONS: dict[str, Callable[[AccountPage, Request, Response, Form], Awaitable[Any]]] = {
    "password": AccountPage.set_password,
    "begin": AccountPage.begin_two_step,
    "confirm": AccountPage.confirm,
    "codes": AccountPage.make_codes,
    "off": AccountPage.turn_off,
    "add_passkey": AccountPage.add_passkey,
    "remove_passkey": AccountPage.remove_passkey,
    "end_session": AccountPage.end_session,
    "end_others": AccountPage.end_others,
}
