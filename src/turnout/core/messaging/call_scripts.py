"""What somebody hears who answers a call of a job, line by line, before any voice speaks it.

Contract, Create Text To Speech Job: the header once, then the message as often as it is repeated;
a machine hears the voicemail message in place of these, or the message once without one; a key
that is pressed, its response. The contract says nothing of pauses: PAUSE_S is between all lines.
"""

from typing import NamedTuple

import msgspec

from turnout.core.identity.countries import find_country
from turnout.core.identity.profiles import get_words
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.dry_runs import preview_job
from turnout.core.messaging.files import read_file
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Channel, Content, JobHead
from turnout.core.messaging.reckoning import fields_of
from turnout.core.messaging.sql import sql
from turnout.core.messaging.starting import Resolve
from turnout.errors import Invalid
from turnout.formats.spoken.own_words import NONE, OwnWords
from turnout.store import Tx

PAUSE_S = 1.0


class Heard(NamedTuple):
    """What is asked for: by the recipient of that number, from 1; `key` is the one that was
    pressed, and `is_machine` says who has answered."""

    number: int = 1
    key: str = ""
    is_machine: bool = False


class CallScript(NamedTuple):
    """Lines in the order in which they are heard, in a voice and as a country says numbers, and the
    words that are said otherwise; or the file of a recorded call."""

    voice: str
    country: str
    lines: tuple[str, ...]
    recording: bytes = b""
    words: OwnWords = NONE


def read_call(
    tx: Tx, org_id: OrgId, job_id: JobId, heard: Heard, policy: Policy, resolve: Resolve
) -> CallScript:
    """What a job says to one of its recipients. Raises Missing; Invalid where it makes no calls,
    has not so many recipients or says nothing to that key."""
    head = get_job_head(tx, org_id, job_id)
    channel, country = head.job_type.channel, find_country(tx, org_id)
    if channel is Channel.VOICE:
        recording = read_file(tx, org_id, head.content.files[0].digest)
        return CallScript("", country, (), recording)
    if channel is not Channel.TTS:
        raise Invalid("job.no_call", job_id=job_id)
    fields = _fields(tx, head, heard.number, policy, resolve)
    lines = [Template(line).merge(fields) for line in list_lines(head.content, heard)]
    words = get_words(tx, org_id)
    return CallScript(head.content.voice, country, tuple(filter(str.strip, lines)), words=words)


def list_lines(content: Content, heard: Heard) -> list[str]:
    """The lines of a call, before merging. Raises Invalid for a key that has no response."""
    if heard.key:
        said = [one.message for one in content.keys if one.key == heard.key and one.message]
        if not said:
            raise Invalid("job.no_response", key=heard.key)
        return said
    if heard.is_machine:
        return [content.voicemail] if content.voicemail else [content.header, content.text]
    return [content.header, *[content.text] * content.repeats]


def _fields(tx: Tx, head: JobHead, number: int, policy: Policy, resolve: Resolve) -> dict[str, str]:
    """The merge fields of one recipient; of a list that nobody has read yet, as it is now."""
    stored = sql.find_nth(tx, org_id=head.org_id, job_id=head.id, skipped=number - 1)
    if stored is None:
        if not head.state.is_ended:
            run = preview_job(tx, head.org_id, head.id, policy, resolve, number=number)
            if run.sample:
                return run.sample.fields
        raise Invalid("job.listen_nobody", number=number)
    given = msgspec.json.decode(stored.fields, type=dict[str, str]) if stored.fields else {}
    return fields_of(
        head.job_type,
        head.options,
        head.sender,
        reference=stored.reference,
        name=stored.name,
        given=given,
    )
