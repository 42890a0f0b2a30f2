"""Calls to integrators: what was said, every try, and saying it again."""

from http import HTTPStatus
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.callbacks.model import Callback, CallbackAttempt, CallbackState
from turnout.core.callbacks.outbox import (
    get_callback,
    list_attempts,
    list_callbacks,
    replay_callback,
)
from turnout.core.ids import CallbackId
from turnout.errors import Missing
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.forms import go_on, read_done
from turnout.web.numbers import parse_number

SEE, REPLAY = "callbacks.see", "callbacks.replay"
SHOWN_LIMIT = 200
DONE = frozenset({"replayed"})


class CallbackView(NamedTuple):
    """A callback with all its tries, oldest first."""

    callback: Callback
    attempts: list[CallbackAttempt]


class CallbacksPage(ConsolePage):
    """`/console/{scope}/callbacks`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The newest calls, of one state where the address says so. Raises Denied, Missing."""
        state = read_state(req)
        found = await self.console.read(req, SEE, list_seen, state, SHOWN_LIMIT)
        self.console.show(
            req,
            resp,
            "console/callbacks.html",
            callbacks=found,
            state=state,
            states=CallbackState,
            limit=SHOWN_LIMIT,
        )


class CallbackPage(ConsolePage):
    """`/console/{scope}/callbacks/{number}`."""

    async def on_get(self, req: Request, resp: Response, scope: str, number: str) -> None:
        """What was posted, and every try. Raises Denied, Missing."""
        view = await self.console.read(req, SEE, _read, _id(number))
        done = read_done(req, DONE)
        self.console.show(req, resp, "console/callback.html", view=view, done=done)

    async def on_post(self, req: Request, resp: Response, scope: str, number: str) -> None:
        """Say it again. Raises Denied, Missing."""
        form = await self.console.take(req)
        await self.console.write(req, form, REPLAY, _replay, _id(number))
        go_on(req, resp, "replayed")
        resp.status = HTTPStatus.SEE_OTHER


def _id(text: str) -> CallbackId:
    number = parse_number(text)
    if number is None:
        raise Missing("callback.missing", callback_id=text[:20])
    return CallbackId(number)


def read_state(req: Request) -> CallbackState | None:
    """The state that the address asks for; None = any."""
    wanted = req.get_param("state", default="")
    return CallbackState(wanted) if wanted in set(CallbackState) else None


def list_seen(visit: Visit, state: CallbackState | None, limit: int) -> list[Callback]:
    """The newest `limit` calls, without those of jobs of which the user may not know."""
    found = list_callbacks(visit.tx, visit.org_id, job_id=None, state=state, limit=limit)
    jobs = {one.job_id for one in found if one.job_id}
    hidden = visit.viewer.find_hidden(visit.tx, visit.org_id, jobs)
    return [one for one in found if one.job_id not in hidden]


def _read(visit: Visit, callback_id: CallbackId) -> CallbackView:
    found = _get(visit, callback_id)
    return CallbackView(found, list_attempts(visit.tx, visit.org_id, callback_id))


def _replay(visit: Visit, callback_id: CallbackId) -> None:
    _get(visit, callback_id)
    replay_callback(visit.tx, visit.org_id, callback_id, actor=visit.user.actor)


def _get(visit: Visit, callback_id: CallbackId) -> Callback:
    """The callback. Raises Missing, also for one of a job of which the user may not know."""
    found = get_callback(visit.tx, visit.org_id, callback_id)
    if found.job_id and visit.viewer.find_hidden(visit.tx, visit.org_id, [found.job_id]):
        raise Missing("callback.missing", callback_id=callback_id)
    return found
