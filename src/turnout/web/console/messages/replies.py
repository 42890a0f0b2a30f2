"""What people wrote back: searched, and given to somebody who answers."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.audit.recording import record
from turnout.core.identity.idempotency import IdempotentRequest
from turnout.core.identity.model import User
from turnout.core.identity.users import list_users
from turnout.core.ids import JobId, ReplyId
from turnout.core.messaging.accepting import Policy, accept_for
from turnout.core.messaging.canned_answers import CannedAnswer, fill_canned, list_canned
from turnout.core.messaging.lengths import MESSAGE_LENGTH
from turnout.core.messaging.model import (
    Content,
    JobOptions,
    JobType,
    NewJob,
    NewRecipient,
    Purpose,
)
from turnout.core.messaging.numbers import is_e164
from turnout.core.messaging.reading_replies import (
    NEWEST,
    ReplyFilter,
    ReplyLine,
    assign_reply,
    get_reply_line,
    list_replies,
)
from turnout.errors import Conflict, Missing
from turnout.web.console.events.going import attempt, lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.own import require_organization
from turnout.web.console.messages.query import job_number, read_place, read_text, to_query
from turnout.web.console.once import read_once
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say
from turnout.web.forms import read_done

SEE, SEND = "messages.see", "messages.send"
PAGE = 50
OPEN = "-"
LONGEST_NAME = 200
DONE = frozenset({"given", "open"})


class RepliesQuery(NamedTuple):
    """The state of the list; empty and 0 = any. `user` is to whom they were given, `-` = to
    nobody. It begins behind the reply `before`."""

    text: str = ""
    sender: str = ""
    user: str = ""
    job: int = 0
    before: int = 0

    @property
    def is_filtered(self) -> bool:
        return self._replace(before=0) != RepliesQuery()

    def wanted(self) -> ReplyFilter:
        """The same for the core."""
        return ReplyFilter(
            job_id=JobId(self.job) if self.job else None,
            said=self.text,
            sender=self.sender,
            user_code="" if self.user == OPEN else self.user,
            is_open=self.user == OPEN,
        )

    def link(self, **changes: object) -> str:
        """The query of the same list with changes, from its beginning unless `before` is given."""
        pairs = self._asdict() | {"before": 0} | changes
        return to_query(q=pairs.pop("text"), **pairs)


class Replies(NamedTuple):
    """A page of the list, and who may be given some."""

    rows: list[ReplyLine]
    has_more: bool
    users: list[User]


class RepliesPage(ConsolePage):
    """`/console/{org}/messages/replies`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The replies, newest first. Raises Unauthenticated, Denied, Missing."""
        query = parse_replies(req)
        replies = await self.console.read(req, SEE, read_replies, query)
        values = {"replies": replies, "query": query, "base": f"/console/{scope}/messages"}
        self.console.show(req, resp, "console/messages/replies.html", **values)


class ReplyPage(ConsolePage):
    """`/console/{org}/messages/replies/{reply}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, reply: str) -> None:
        """One reply in full. Raises Unauthenticated, Denied, Missing."""
        await self._show(req, resp, scope, ReplyId(job_number(reply)), None)

    async def on_post(self, req: Request, resp: Response, scope: str, reply: str) -> None:
        """Give it to somebody, take it back, or answer it. Raises Denied, Missing."""
        form, reply_id = await self.console.take(req), ReplyId(job_number(reply))
        if form.has("insert"):
            await self._show(req, resp, scope, reply_id, form)
            return
        if form.value("do") == "answer":
            text, policy = form.text("text", limit=MESSAGE_LENGTH), self.console.sending.policy
            what = (reply_id, text, policy, read_once(req, form))
            job = await attempt(self.console, req, form, SEND, answer, *what)
            if job:
                lead_to(resp, f"/console/{scope}/messages/{job}", "sent")
                return
            await self._show(req, resp, scope, reply_id, form)
            return
        user = form.value("user")[:200]
        done = await attempt(self.console, req, form, SEND, assign, reply_id, user)
        if done:
            lead_to(resp, f"/console/{scope}/messages/replies/{reply_id}", done)
            return
        await self._show(req, resp, scope, reply_id, form)

    async def _show(
        self, req: Request, resp: Response, scope: str, reply_id: ReplyId, form: Form | None
    ) -> None:
        line, users, canned = await self.console.read(req, SEE, read_reply, reply_id)
        if form and (found := canned.get(form.value("insert"))):
            before = form.exact("text").rstrip()
            form = form.changed({"text": f"{before}\n{found.text}" if before else found.text})
        values = {
            "canned": canned,
            "line": line,
            "users": users,
            "is_number": is_e164(line.sender),
            "base": f"/console/{scope}/messages",
            "done": read_done(req, DONE) if req.method == "GET" else "",
        }
        form = form or fill({"user": line.user_code})
        if not form.has("user"):
            form = form.changed({"user": line.user_code})
        self.console.answer(req, resp, "console/messages/reply.html", form, **values)


def parse_replies(req: Request) -> RepliesQuery:
    """What the address asks for."""
    return RepliesQuery(
        read_text(req, "q"),
        read_text(req, "sender"),
        read_text(req, "user"),
        read_place(req, "job"),
        read_place(req, "before"),
    )


def read_replies(visit: Visit, query: RepliesQuery) -> Replies:
    """A page of replies; nobody's are given to a user who is not there. Raises Missing at an
    event."""
    require_organization(visit)
    users = list_users(visit.tx, visit.org_id)
    before = ReplyId(query.before) if query.before else NEWEST
    try:
        rows = list_replies(
            visit.tx,
            visit.org_id,
            query.wanted(),
            limit=PAGE + 1,
            before=before,
            viewer=visit.viewer,
        )
    except Missing:
        rows = []
    return Replies(rows[:PAGE], len(rows) > PAGE, users)


def read_reply(
    visit: Visit, reply_id: ReplyId
) -> tuple[ReplyLine, list[User], dict[str, CannedAnswer]]:
    """A reply, who may be given it, and what it may be answered, filled in, by number. Raises
    Missing."""
    require_organization(visit)
    line, name = _find(visit, reply_id), visit.user.name or visit.user.user_code
    canned = {
        str(one.id): one._replace(text=fill_canned(one, line, name))
        for one in list_canned(visit.tx, visit.org_id)
    }
    return line, list_users(visit.tx, visit.org_id), canned


def assign(visit: Visit, reply_id: ReplyId, user_code: str) -> str:
    """Give a reply to a user, nobody = take it back. Raises Missing."""
    require_organization(visit)
    _find(visit, reply_id)  # a stray is the whole server's
    assign_reply(visit.tx, visit.org_id, reply_id, user_code, actor=visit.user.actor)
    return "given" if user_code else "open"


def answer(
    visit: Visit, reply_id: ReplyId, text: str, policy: Policy, asked: IdempotentRequest
) -> JobId:
    """Write back to one reply, by a text message that can be replied to. Raises Missing, Conflict
    in an organization that is not the user's own, Invalid."""
    require_organization(visit)
    member = visit.user.access.member
    if member.user.org_id != visit.org_id:
        raise Conflict("console.message_other_organization")
    line = _find(visit, reply_id)
    name = line.name or line.sender
    new = NewJob(
        job_type=JobType.TWO_WAY_SMS,
        name=say("console.replies.answer_name", name=name).unescape()[:LONGEST_NAME],
        content=Content(text=text),
        options=JobOptions(purpose=Purpose.SERVICE),
    )
    number = f"+{line.sender}" if is_e164(line.sender) else line.sender
    people = [NewRecipient(number, name=line.name)]
    job_id = accept_for(visit.tx, member, new, people, policy, asked)
    record(visit.tx, visit.org_id, visit.user.actor, "answered", "reply", reply_id, job_id=job_id)
    return job_id


def _find(visit: Visit, reply_id: ReplyId) -> ReplyLine:
    return get_reply_line(visit.tx, visit.org_id, reply_id, viewer=visit.viewer)
