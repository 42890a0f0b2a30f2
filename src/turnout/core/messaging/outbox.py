"""What the simulator "sent", as it is shown to users."""

from typing import NamedTuple

from turnout.core.ids import NO_JOB, JobId


class SentMessage(NamedTuple):
    """A message that the simulator "sent", for the outbox page. `at` in epoch ms. Of a mail, `head`
    are its fields, `html` its page and `parts` what it consists of."""

    id: int
    at: int
    job_id: JobId
    channel: str
    sender: str
    destination: str
    subject: str
    text: str
    became: str
    notes: str
    reply: str
    head: str = ""
    html: str = ""
    parts: tuple[str, ...] = ()


class OutboxFilter(NamedTuple):
    """Which messages are asked for; empty and 0 = any. `before` is when the last message of the
    page before was sent (epoch ms), and its number."""

    channel: str = ""
    destination: str = ""
    job_id: JobId = NO_JOB
    before: tuple[int, int] = (0, 0)
