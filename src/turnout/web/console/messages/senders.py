"""From whom messages go out: mail domains with the records to publish, and senders of texts."""

import asyncio
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.messaging.sender_ids import (
    AllowedSender,
    add_sender_id,
    list_sender_ids,
    remove_sender_id,
)
from turnout.core.senders.domains import (
    add_domain,
    get_domain,
    list_domains,
    record_check,
    remove_domain,
)
from turnout.core.senders.keys import NewKey, generate_keys
from turnout.core.senders.model import (
    Found,
    Record,
    SenderDomain,
    SenderKey,
    judge,
    records_of,
    sort_found,
)
from turnout.errors import Invalid, Missing
from turnout.http.name_lookups import look_up
from turnout.web.console.events.going import attempt_once, lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.own import require_organization
from turnout.web.console.messages.query import read_text
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.forms import read_done

SEE, CHANGE = "messages.see", "organization.change"
DONE = frozenset({"added", "removed", "id_added", "id_removed"})
# What one string of a TXT record holds (RFC 1035).
STRING = 255


class Senders(NamedTuple):
    """The domains and the senders of texts; none of these = any."""

    domains: list[SenderDomain]
    ids: list[AllowedSender]


class Line(NamedTuple):
    """A record to publish as a zone file has it, and what a name server said, None = nobody asked
    just now."""

    record: Record
    value: str
    found: Found | None


class SendersPage(ConsolePage):
    """`/console/{org}/messages/senders`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """What there is. Raises Unauthenticated, Denied, Missing."""
        await self._show(req, resp, scope, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Add a domain, or add or remove a sender of texts. Raises Denied, Missing."""
        form = await self.console.take(req)
        here = f"/console/{scope}/messages/senders"
        if form.value("do") == "domain":
            domain = form.text("domain", limit=253)
            keys = await asyncio.to_thread(generate_keys) if form.is_right else []
            own = self.console.sending.own_domains
            name = await attempt_once(self.console, req, form, CHANGE, add, domain, keys, own)
            if name:
                lead_to(resp, f"{here}/{name}", "added")
                return
        elif form.value("do") == "remove_id":
            await self.console.write(req, form, CHANGE, remove_id, form.value("sender"))
            lead_to(resp, here, "id_removed")
            return
        else:
            sender = form.text("sender", limit=50)
            if await attempt_once(self.console, req, form, CHANGE, add_id, sender):
                lead_to(resp, here, "id_added")
                return
        await self._show(req, resp, scope, form)

    async def _show(self, req: Request, resp: Response, scope: str, form: Form) -> None:
        senders = await self.console.read(req, SEE, read_senders)
        values = {
            "senders": senders,
            "removed": read_text(req, "remove"),
            "base": f"/console/{scope}/messages",
            "done": read_done(req, DONE) if req.method == "GET" else "",
        }
        self.console.answer(req, resp, "console/messages/senders.html", form, **values)


class DomainPage(ConsolePage):
    """`/console/{org}/messages/senders/{domain}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, domain: str) -> None:
        """The records to publish. Raises Unauthenticated, Denied, Missing."""
        known, records = await self._read(req, domain)
        self._show(req, resp, scope, known, [Line(one, _say(one), None) for one in records])

    async def on_post(self, req: Request, resp: Response, scope: str, domain: str) -> None:
        """Ask name servers for the records, or remove the domain. Raises Denied, Missing."""
        form = await self.console.take(req)
        if form.value("do") == "remove":
            await self.console.write(req, form, CHANGE, remove, domain)
            lead_to(resp, f"/console/{scope}/messages/senders", "removed")
            return
        await self.console.write(req, form, CHANGE, require_organization)
        _, records = await self._read(req, domain)
        resolver = self.console.sending.resolver
        answers = await asyncio.gather(
            *(asyncio.to_thread(look_up, one.kind, one.name, resolver) for one in records)
        )
        found = [judge(one, answer) for one, answer in zip(records, answers, strict=True)]
        of_keys, returns = sort_found(records, found)
        known = await self.console.write(req, form, CHANGE, note, domain, of_keys, returns)
        lines = [Line(one, _say(one), state) for one, state in zip(records, found, strict=True)]
        self._show(req, resp, scope, known, lines)

    async def _read(self, req: Request, domain: str) -> tuple[SenderDomain, list[Record]]:
        return await self.console.read(
            req, SEE, read_domain, domain, self.console.sending.return_path_domain
        )

    def _show(
        self, req: Request, resp: Response, scope: str, known: SenderDomain, lines: list[Line]
    ) -> None:
        values = {
            "known": known,
            "lines": lines,
            "is_asked": req.get_param("ask", default="") == "remove",
            "base": f"/console/{scope}/messages",
            "done": read_done(req, DONE) if req.method == "GET" else "",
        }
        self.console.show(req, resp, "console/messages/domain.html", **values)


def read_senders(visit: Visit) -> Senders:
    """Domains and senders of texts. Raises Missing at an event."""
    require_organization(visit)
    return Senders(list_domains(visit.tx, visit.org_id), list_sender_ids(visit.tx, visit.org_id))


def read_domain(visit: Visit, domain: str, target: str) -> tuple[SenderDomain, list[Record]]:
    """A domain and what to publish. Raises Missing."""
    require_organization(visit)
    known, keys = _get(visit, domain)
    return known, records_of(known, keys, target)


def add(visit: Visit, domain: str, keys: list[NewKey], own_domains: tuple[str, ...]) -> str:
    """Add a domain that is none of the installation's own; its name. Raises Invalid, Conflict."""
    require_organization(visit)
    by = visit.user.actor
    added, _ = add_domain(visit.tx, visit.org_id, domain, keys, own_domains=own_domains, actor=by)
    return added.domain


def remove(visit: Visit, domain: str) -> None:
    """Send from a domain no more. Raises Missing."""
    require_organization(visit)
    _get(visit, domain)
    remove_domain(visit.tx, visit.org_id, domain, actor=visit.user.actor)


def note(visit: Visit, domain: str, of_keys: dict[str, Found], returns: Found) -> SenderDomain:
    """Keep what name servers said."""
    by = visit.user.actor
    return record_check(visit.tx, visit.org_id, domain, of_keys, returns, actor=by)


def add_id(visit: Visit, sender: str) -> AllowedSender:
    """Allow a sender of texts. Raises Invalid, Conflict."""
    require_organization(visit)
    return add_sender_id(visit.tx, visit.org_id, sender, actor=visit.user.actor)


def remove_id(visit: Visit, sender: str) -> None:
    """Allow it no more. Raises Missing."""
    require_organization(visit)
    try:
        remove_sender_id(visit.tx, visit.org_id, sender, actor=visit.user.actor)
    except Invalid as refusal:
        raise Missing("sender.id_missing", sender=sender) from refusal


def _get(visit: Visit, domain: str) -> tuple[SenderDomain, list[SenderKey]]:
    try:
        return get_domain(visit.tx, visit.org_id, domain)
    except Invalid as refusal:
        raise Missing("sender.domain_missing", domain=domain) from refusal


def _say(record: Record) -> str:
    """The value as a zone file has it; a long text in strings that a record may have."""
    if record.kind != "TXT":
        return f"{record.value}."
    pieces = [record.value[at : at + STRING] for at in range(0, len(record.value), STRING)]
    return " ".join(f'"{piece}"' for piece in pieces)
