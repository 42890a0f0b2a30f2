"""Why somebody is sent nothing, as it is known before a carrier is asked."""

from collections.abc import Mapping

from turnout.carriers import Rejected
from turnout.core.messaging.delivering import ClaimedRecipient
from turnout.core.messaging.lengths import Lengths
from turnout.core.messaging.model import Channel, JobHead, Kind, Status
from turnout.core.messaging.numbers import is_deliverable
from turnout.core.messaging.speakable import Scripts, find_unreadable

_NONE: Scripts = {}


def find_refusal(
    head: JobHead,
    recipient: ClaimedRecipient,
    lengths: Lengths,
    fields: Mapping[str, str],
    scripts: Scripts = _NONE,
) -> Rejected | None:
    """Why nothing is handed over for somebody; None if it can be. `scripts` are those that voices
    read."""
    return (
        _fault(head, recipient)
        or _emptiness(lengths, fields)
        or _excess(lengths, fields)
        or _silence(head, lengths, fields, scripts)
    )


def _fault(head: JobHead, recipient: ClaimedRecipient) -> Rejected | None:
    """Why somebody cannot be reached at all."""
    address = recipient.address
    if head.job_type.channel is Channel.EMAIL:
        is_possible = bool(address)
    else:
        # Codes go wherever somebody asked for: their network judges.
        is_possible = bool(address) and (head.kind is Kind.CODE or is_deliverable(address))
    if is_possible:
        return None
    if not recipient.destination.strip():
        kind = "address" if head.job_type.channel is Channel.EMAIL else "number"
        return Rejected(Status.INVALID_NUMBER, f"No {kind} is known.")
    return Rejected(Status.INVALID_NUMBER, f"{recipient.destination!r} cannot be reached.")


def _emptiness(lengths: Lengths, fields: Mapping[str, str]) -> Rejected | None:
    """Why somebody's message is not made: it would say nothing."""
    if not lengths.is_empty(fields):
        return None
    said = "Not sent: the message is empty with this recipient's fields."
    return Rejected(Status.FAILED, said)


def _excess(lengths: Lengths, fields: Mapping[str, str]) -> Rejected | None:
    """Why somebody's message is not made: a text of it would be too long."""
    excess = lengths.find_excess(fields)
    if excess is None:
        return None
    return Rejected(
        Status.FAILED,
        f"Not sent: the {excess.name} would have {excess.length} characters with this "
        f"recipient's fields, and may not be greater than {excess.limit} characters.",
    )


def _silence(
    head: JobHead, lengths: Lengths, fields: Mapping[str, str], scripts: Scripts
) -> Rejected | None:
    """Why somebody is not called: the voice could read nothing of the message."""
    if head.job_type.channel is not Channel.TTS:
        return None
    foreign = find_unreadable(lengths.merge(fields), head.content.voice, scripts)
    if foreign is None:
        return None
    return Rejected(
        Status.FAILED,
        f"Not called: with this recipient's fields the message is in {foreign.language} "
        f"({foreign.letter}), which its voice does not read.",
    )
