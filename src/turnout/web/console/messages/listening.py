"""What somebody hears who answers a call, as a sound to listen to."""

import asyncio

from falcon.asgi import Request, Response

from turnout.core.ids import JobId
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.call_scripts import PAUSE_S, CallScript, Heard, read_call
from turnout.core.registrations.live_lists import resolve
from turnout.errors import Missing
from turnout.http.routing import without_head
from turnout.speech.listening import remake, render
from turnout.web.console.messages.job import SEE, read_job
from turnout.web.console.messages.query import job_number
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.documents import NO_STORE
from turnout.web.policy import set_policy


class CallSound(ConsolePage):
    """`/console/{scope}/messages/{job}/call.wav?recipient=1`; `key` is one that is pressed, and
    with `machine` it is what a voicemail gets."""

    @without_head
    async def on_get(self, req: Request, resp: Response, scope: str, job: str) -> None:
        """The sound. Raises Unauthenticated, Denied, Missing, Invalid; Unavailable without an
        engine."""
        heard = Heard(
            number=req.get_param_as_int("recipient", min_value=1, max_value=10_000_000, default=1),
            key=req.get_param("key", default="")[:1],
            is_machine=bool(req.get_param("machine")),
        )
        policy, speech = self.console.sending.policy, self.console.sending.speech
        script = await self.console.read(req, SEE, read_script, job_number(job), heard, policy)
        if speech is None:
            raise Missing("path.missing", path=req.path[:60])
        if script.recording:
            sound = await asyncio.to_thread(remake, script.recording)
        else:
            sound = await render(
                speech, script.lines, script.voice, script.country, PAUSE_S, script.words
            )
        # A browser that opens the file plays it on a page that has the file's own policy.
        set_policy(resp, {"media-src": "'self'"})
        resp.content_type = "audio/wav"
        resp.set_header("Cache-Control", NO_STORE)
        resp.set_header("Content-Disposition", f'inline; filename="call-{job_number(job)}.wav"')
        resp.data = sound


def read_script(visit: Visit, job_id: JobId, heard: Heard, policy: Policy) -> CallScript:
    """The lines, where the visitor sees the job. Raises Missing, Invalid."""
    job = read_job(visit, job_id)
    return read_call(visit.tx, visit.org_id, job.id, heard, policy, resolve)
