"""`/console/{org}/settings/networks`: what carries messages here, and a test of it."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.ids import NO_JOB, JobId
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.model import Channel, Content
from turnout.core.messaging.overview import Fate, JobLine, count_fates, get_job_line
from turnout.core.messaging.trying_out import TESTED, send_network_test
from turnout.errors import Missing
from turnout.web.console.events.going import attempt_once, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say
from turnout.web.numbers import parse_number

TEMPLATE = "console/organization/networks.html"
SEE, CHANGE = "organization.see", "organization.change"
LONGEST_ADDRESS = 254


class Tested(NamedTuple):
    """A test that was sent, and how it ended so far."""

    job: JobLine
    fates: list[Fate]


class NetworksPage(ConsolePage):
    """`/console/{scope}/settings/networks`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The networks; with `?job=` how a test ended. Raises Missing, Denied."""
        number = parse_number(req.get_param("job", default=""))
        await self._show(req, resp, None, JobId(number or 0))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Send a test over one of them."""
        form = await self.console.take(req)
        channel = form.choice("channel", [one.value for one in TESTED])
        field = f"to_{channel}" if channel else "channel"
        to = (
            form.email(field)
            if channel == Channel.EMAIL
            else form.text(field, limit=LONGEST_ADDRESS)
        )
        ask = (self.console, req, form, CHANGE, send_test)
        policy = self.console.sending.policy
        if channel and (job := await attempt_once(*ask, Channel(channel), to, policy)):
            lead_to(resp, req.path, "sent", "tested", job=str(job))
            return
        if "" in form.faults and channel:
            form.faults[field] = form.faults.pop("")
        await self._show(req, resp, form)

    async def _show(
        self, req: Request, resp: Response, form: Form | None, job: JobId = NO_JOB
    ) -> None:
        tested, email = await self.console.read(req, SEE if form is None else CHANGE, find, job)
        values = {
            "networks": self.console.served.networks,
            "tested": tested,
            "testable": [channel.value for channel in TESTED],
            "done": read_done(req, "console.networks.done."),
        }
        given = form or fill({"to_email": email})
        self.console.answer(req, resp, TEMPLATE, given, **values)


def find(visit: Visit, job_id: JobId) -> tuple[Tested | None, str]:
    """How the test of that job number ended, if there is one, and the user's own address."""
    email = visit.user.access.member.user.email
    try:
        job = get_job_line(visit.tx, visit.org_id, job_id) if job_id else None
    except Missing:
        job = None
    if job is None or job.total > 1:
        return None, email
    return Tested(job, count_fates(visit.tx, visit.org_id, job_id)), email


def send_test(visit: Visit, channel: Channel, to: str, policy: Policy) -> JobId:
    """Send a test of a channel. Raises Invalid, Conflict."""
    text = say("console.networks.text", organization=visit.organization.name).unescape()
    said = Content(subject=say("console.networks.subject").unescape(), text=text)
    user_id, by = visit.user.user_id, visit.user.actor
    return send_network_test(visit.tx, visit.org_id, user_id, channel, to, said, policy, actor=by)
