"""Who is always excluded: people who opted out, and mail addresses that are not written to."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.messaging.model import Channel, Medium
from turnout.core.messaging.opt_outs import (
    OptOut,
    add_opt_out,
    find_opt_outs,
    list_opt_outs,
    refusal_key,
    remove_opt_out,
)
from turnout.core.messaging.suppression import (
    Suppression,
    add_suppression,
    find_suppressed,
    list_suppressions,
    remove_suppression,
)
from turnout.errors import Invalid
from turnout.formats.spreadsheets import to_csv
from turnout.http.routing import without_head
from turnout.web.console.events.going import attempt, lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.own import require_organization
from turnout.web.console.messages.query import read_one, read_text, to_query
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE
from turnout.web.forms import read_done

SEE, SEND, EXPORT = "messages.see", "messages.send", "people.export"
PAGE, SHOWN, EXPORTED = 50, 500, 1_000
SUPPRESSED = "suppressed"
DONE = frozenset({"added", "known", "removed"})
CHANNELS = {
    Medium.EMAIL: Channel.EMAIL,
    Medium.SMS: Channel.SMS,
    Medium.CALL: Channel.TTS,
    Medium.FAX: Channel.FAX,
}


class ExcludedQuery(NamedTuple):
    """The state of the lists. `text` is a whole address or number; the page begins behind the
    opt-out `after` of the medium `of`. `is_suppressed` shows addresses that are not written to."""

    text: str = ""
    of: str = ""
    after: str = ""
    is_suppressed: bool = False

    def link(self, **changes: object) -> str:
        """The query of the same list with changes, from its beginning."""
        wanted = self._replace(**{"of": "", "after": ""} | changes)  # type: ignore[arg-type]
        kind = SUPPRESSED if wanted.is_suppressed else ""
        return to_query(kind=kind, q=wanted.text, of=wanted.of, after=wanted.after)


class Excluded(NamedTuple):
    """A page of either list."""

    opt_outs: list[OptOut]
    suppressions: list[Suppression]
    has_more: bool


class ExcludedPage(ConsolePage):
    """`/console/{org}/messages/excluded`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The lists. Raises Unauthenticated, Denied, Missing."""
        await self._show(req, resp, scope, fill({"medium": Medium.EMAIL.value}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Add somebody, or take somebody off. Raises Denied, Missing."""
        form = await self.console.take(req)
        is_suppressed = form.value("kind") == SUPPRESSED
        address = form.text("address", limit=254)
        medium = "" if is_suppressed else form.choice("medium", list(Medium))
        verb = take_off if form.value("do") == "remove" else put_on
        done = await attempt(self.console, req, form, SEND, verb, address, medium)
        if done:
            kind = {"kind": SUPPRESSED} if is_suppressed else {}
            lead_to(resp, f"/console/{scope}/messages/excluded", done, **kind)
            return
        await self._show(req, resp, scope, form)

    async def _show(self, req: Request, resp: Response, scope: str, form: Form) -> None:
        query = parse_excluded(req)
        if form.value("kind") == SUPPRESSED:
            query = query._replace(is_suppressed=True)
        found = await self.console.read(req, SEE, read_excluded, query)
        values = {
            "found": found,
            "query": query,
            "media": Medium,
            "removed": read_text(req, "remove") if not form.faults else "",
            "of": read_one(req, "of", Medium),
            "base": f"/console/{scope}/messages",
            "done": read_done(req, DONE) if req.method == "GET" else "",
        }
        self.console.answer(req, resp, "console/messages/excluded.html", form, **values)


class OptOutsCsv(ConsolePage):
    """`/console/{org}/messages/excluded.csv`: the opt-outs whose address is known."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The file, which is in the audit first. Raises Unauthenticated, Denied, Missing."""
        rows = await self.console.read(req, EXPORT, read_all)
        await self.console.trace(req, EXPORT, note_export, len(rows))
        resp.content_type = "text/csv; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.set_header("Content-Disposition", f'attachment; filename="opt-outs-{scope}.csv"')
        resp.data = to_csv([("Medium", "Address"), *rows])


def parse_excluded(req: Request) -> ExcludedQuery:
    """What the address asks for."""
    of = read_one(req, "of", Medium)
    after = read_text(req, "after") if of else ""
    return ExcludedQuery(read_text(req, "q"), of, after, read_text(req, "kind") == SUPPRESSED)


def read_excluded(visit: Visit, query: ExcludedQuery) -> Excluded:
    """A page of opt-outs, or the newest addresses that are not written to. Raises Missing at an
    event."""
    require_organization(visit)
    tx, org_id = visit.tx, visit.org_id
    if query.is_suppressed:
        if query.text:
            known = find_suppressed(tx, org_id, [query.text]) if "@" in query.text else {}
            return Excluded([], list(known.values()), False)
        rows = list_suppressions(tx, org_id, SHOWN + 1)
        return Excluded([], rows[:SHOWN], len(rows) > SHOWN)
    if query.text:
        return Excluded(_find(visit, query.text), [], False)
    after = OptOut(Medium(query.of), query.after, "", None, 0) if query.after else None
    found = list_opt_outs(tx, org_id, PAGE + 1, after)
    return Excluded(found[:PAGE], [], len(found) > PAGE)


def put_on(visit: Visit, address: str, medium: str) -> str:
    """Exclude an address: of a medium, or of all mail. Raises Invalid, Missing."""
    require_organization(visit)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if not medium:
        return "added" if add_suppression(tx, org_id, address, actor=by) else "known"
    return "added" if add_opt_out(tx, org_id, Medium(medium), address, actor=by) else "known"


def take_off(visit: Visit, address: str, medium: str) -> str:
    """Write to an address again. Raises Invalid, Missing."""
    require_organization(visit)
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if medium:
        remove_opt_out(tx, org_id, Medium(medium), address, actor=by)
    else:
        remove_suppression(tx, org_id, address, actor=by)
    return "removed"


def read_all(visit: Visit) -> list[tuple[str, str]]:
    """All opt-outs whose address is known. Raises Missing at an event."""
    require_organization(visit)
    found: list[tuple[str, str]] = []
    last = None
    while page := list_opt_outs(visit.tx, visit.org_id, EXPORTED, last):
        found += [(one.medium.value, one.address) for one in page if not one.is_erased]
        last = page[-1]
    return found


def note_export(visit: Visit, count: int) -> None:
    """Who took how many along."""
    by = visit.user.actor
    record(visit.tx, visit.org_id, by, "exported", "opt_out", 0, what="opt-outs", count=count)


def _find(visit: Visit, address: str) -> list[OptOut]:
    """What is refused for an address or number, in any spelling."""
    found = []
    for medium, channel in CHANNELS.items():
        try:
            known = refusal_key(visit.tx, visit.org_id, medium, address)
        except Invalid:
            continue
        found += find_opt_outs(visit.tx, visit.org_id, channel, known)
    return found
