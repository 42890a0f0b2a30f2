"""Keys, tokens and secrets of the organization; `curl` lines for each API."""

from http import HTTPStatus
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.model import Event
from turnout.core.events.programme import get_event, list_events
from turnout.core.identity.credentials import (
    get_credential,
    issue_credential,
    list_credentials,
    revoke_credential,
)
from turnout.core.identity.model import Credential, CredentialKind
from turnout.core.ids import CredentialId, EventId
from turnout.errors import Conflict, Missing
from turnout.web.console.forms import Form
from turnout.web.console.key_samples import list_samples
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.forms import go_on, read_done
from turnout.web.numbers import parse_number

SEE, CHANGE = "credentials.see", "credentials.change"
DAY_MS = 24 * 3_600_000
LONGEST_DAYS = 36_500
KINDS = tuple(kind for kind in CredentialKind if kind is not CredentialKind.PASSWORD)
DONE = frozenset({"revoked"})
EVENTS = 500
"""So many events are offered by their names; the number of any other can be typed."""


class Issued(NamedTuple):
    """A credential that was just made, with its secret: shown this once."""

    credential: Credential
    secret: str


class CredentialsPage(ConsolePage):
    """`/console/{scope}/credentials`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """What there is. Raises Denied, Missing."""
        await self._show(req, resp)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Make one, or revoke one. Raises Denied, Missing."""
        form = await self.console.take(req)
        if form.value("do") == "revoke":
            number = CredentialId(form.whole("number") or 0)
            await self.console.write(req, form, CHANGE, _revoke, number)
            go_on(req, resp, "revoked")
            return
        kind = form.choice("kind", [kind.value for kind in KINDS])
        name = form.text("name", limit=100)
        days = form.whole("days", least=1, most=LONGEST_DAYS)
        event = form.whole("event", least=1)
        if kind and (kind == CredentialKind.EVENT_TOKEN) != (event is not None):
            form.fault("event", "console.credentials.fault.event")
        issued = None
        if form.is_right:
            try:
                issued = await self.console.write_secret(
                    req, form, CHANGE, _issue, CredentialKind(kind), name, event, days
                )
            except Missing as refusal:
                form.refuse(refusal, "event")
            except Conflict as refusal:
                form.refuse(refusal)
        await self._show(req, resp, None if issued else form, issued)
        if issued is None:
            resp.status = HTTPStatus.UNPROCESSABLE_ENTITY

    async def _show(
        self, req: Request, resp: Response, form: Form | None = None, issued: Issued | None = None
    ) -> None:
        found, now, asked, events = await self.console.read(req, SEE, _read, _asked(req))
        account = req.context.account.user_code
        self.console.show(
            req,
            resp,
            "console/credentials.html",
            credentials=found,
            now=now,
            asked=asked,
            events=events,
            titles={event.id: event.title for event in events},
            kinds=KINDS,
            form=form,
            issued=issued,
            samples=list_samples(self.console.base_url, account, issued),
            done=read_done(req, DONE) if req.method == "GET" else "",
        )


def _asked(req: Request) -> CredentialId:
    text = req.get_param("revoke", default="")
    return CredentialId(parse_number(text) or 0)


def _read(
    visit: Visit, asked: CredentialId
) -> tuple[list[Credential], int, Credential | None, list[Event]]:
    found = list_shown(visit)
    chosen = next((credential for credential in found if credential.id == asked), None)
    events = list_events(visit.tx, visit.org_id, limit=EVENTS)
    return found, visit.tx.now, chosen, events


def list_shown(visit: Visit) -> list[Credential]:
    """All but passwords, which are their people's own, newest first."""
    found = list_credentials(visit.tx, visit.org_id)
    return [one for one in found if one.kind is not CredentialKind.PASSWORD][::-1]


def _issue(
    visit: Visit, kind: CredentialKind, name: str, event: int | None, days: int | None
) -> Issued:
    event_id = None if event is None else EventId(event)
    if event_id is not None:
        get_event(visit.tx, visit.org_id, event_id)
    made, secret = issue_credential(
        visit.tx,
        visit.org_id,
        kind,
        name,
        event_id=event_id,
        expires_at=None if days is None else visit.tx.now + days * DAY_MS,
        actor=visit.user.actor,
    )
    return Issued(made, secret)


def _revoke(visit: Visit, credential_id: CredentialId) -> None:
    found = get_credential(visit.tx, visit.org_id, credential_id)
    if found.kind is CredentialKind.PASSWORD:
        raise Missing("credential.missing", credential_id=credential_id)
    revoke_credential(visit.tx, visit.org_id, credential_id, actor=visit.user.actor)
