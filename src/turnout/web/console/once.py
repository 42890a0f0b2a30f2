"""A form is done once, however often it is sent: two clicks on a slow line make one thing.

Theory. Each form that a page shows carries a mark of its own. What makes something is run by
`run_once`: the mark, with what was typed, is an idempotency key of the user, so it is claimed and
what the verb returned is kept in the transaction of the effect. A second copy of the request waits
for the first, and gets what that one got. A form that was changed and sent again (by the browser's
button *Back*) is another request, and makes another thing. What a request does in several
transactions, such as a file of many rows, is so many steps, each kept by its number.
"""

import hashlib
import secrets
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar, get_type_hints

import msgspec
from falcon.asgi import Request

from turnout.core.identity.idempotency import IdempotentRequest, first_answer, keep_answer
from turnout.core.ids import OrgId
from turnout.errors import Conflict
from turnout.store import Tx
from turnout.web.console.forms import Form

FIELD = "once"
LONGEST = 64
# What is kept instead of a secret.
SECRET = "secret"
T = TypeVar("T")


class Asker(Protocol):
    """A transaction, and whose it is."""

    @property
    def tx(self) -> Tx: ...
    @property
    def org_id(self) -> OrgId: ...
    @property
    def owner(self) -> str: ...


def read_once(req: Request, form: Form) -> IdempotentRequest:
    """The request that a form is, by its mark; its first answer is that of all repetitions."""
    key = form.value(FIELD)[:LONGEST] or secrets.token_urlsafe(16)
    return IdempotentRequest(f"console:{key}", "POST", req.path.lower(), "")


def read_mark(req: Request, form: Form) -> IdempotentRequest | None:
    """As `read_once`, with what was typed, and which of the request's steps it is; None for a form
    without a mark."""
    mark = form.value(FIELD)[:LONGEST]
    if not (mark.isascii() and mark.isprintable() and mark):
        return None
    typed = msgspec.json.encode([(name, form.values(name)) for name in sorted(form.names)])
    digest = hashlib.sha256(typed).hexdigest()
    step = req.context.steps = getattr(req.context, "steps", 0) + 1
    return IdempotentRequest(f"form:{mark}:{digest}:{step}", "POST", req.path.lower(), "")


def run_once(
    visit: Asker,
    asked: IdempotentRequest | None,
    verb: Callable[..., T],
    do: Callable[[], T],
    *,
    is_secret: bool = False,
) -> T:
    """What `do` returns, or what it returned to the first copy of the request; `verb` says of what
    type that is. A secret is not kept: then a repetition raises Conflict."""
    if asked is None:
        return do()
    kept = first_answer(visit.tx, visit.org_id, visit.owner, asked)
    if kept == SECRET:
        raise Conflict("console.sent_twice")
    if kept is not None:
        found: T = _decoder(verb).decode(kept)
        return found
    done = do()
    answer = SECRET if is_secret else msgspec.json.encode(done).decode()
    keep_answer(visit.tx, visit.org_id, visit.owner, asked, answer)
    return done


@cache
def _decoder(verb: Callable[..., Any]) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(get_type_hints(verb)["return"])
