"""The outcome of a simulated message: decided by its destination alone, so that tests can choose.

Numbers by their last digit, addresses by how they begin. README.md has the table; a test holds it
to this one.
"""

import msgspec

from turnout.core.messaging.model import Channel, KeyResponse, Status
from turnout.core.messaging.outcomes import Outcome, Rejected, Retry

RETRY_S = 30.0
SPOKEN_PER_S = 15
LATE = 3


class Fate(msgspec.Struct, frozen=True, omit_defaults=True):
    """How it ends: what the network answers at once (None = it takes the message), then reports
    and hears. `patience` is how many times the usual delay the report takes. With `is_gone` it
    says that the address takes no messages any more, as `notes` tell."""

    answer: Outcome | None = None
    status: Status = Status.SENT
    reply: str = ""
    key: str = ""
    is_voicemail: bool = False
    patience: int = 1
    notes: str = ""
    is_gone: bool = False


_REFUSED = Fate(answer=Rejected(Status.BLOCKED, "The simulated network refuses this number."))
_TEXTS = {
    "9": Fate(status=Status.FAILED),
    "8": Fate(status=Status.EXPIRED, patience=LATE),
    "7": _REFUSED,
    "6": Fate(reply="STOP"),
    "5": Fate(reply="Thanks, I will be there."),
}
_CALLS = {
    "9": Fate(status=Status.NO_ANSWER),
    "8": Fate(status=Status.BUSY),
    "7": _REFUSED,
    "6": Fate(is_voicemail=True),
    "5": Fate(key="1"),
    "4": Fate(key="2"),
}
_FAXES = {
    "9": Fate(status=Status.NO_ANSWER),
    "8": Fate(status=Status.BUSY),
    "7": _REFUSED,
    "6": Fate(status=Status.NO_FAX),
    "5": Fate(status=Status.NOT_CONVERTED),
}
_NO_MAILBOX = "550 5.1.1 The simulated mailbox does not exist."
_MAILS = {
    "bounce": Fate(answer=Rejected(Status.BOUNCED, _NO_MAILBOX, is_gone=True)),
    "defer": Fate(answer=Retry(RETRY_S, "451 The simulated server is busy.")),
    "dsn": Fate(status=Status.BOUNCED, notes=_NO_MAILBOX, is_gone=True),
}
_BY_DIGIT = {
    Channel.SMS: _TEXTS,
    Channel.MMS: _TEXTS,
    Channel.TTS: _CALLS,
    Channel.VOICE: _CALLS,
    Channel.FAX: _FAXES,
}
_DELIVERED = Fate()


def fate_of(channel: Channel, destination: str) -> Fate:
    """The outcome of a message to `destination`."""
    if channel is Channel.EMAIL:
        local = destination.partition("@")[0].lower()
        found = [fate for word, fate in _MAILS.items() if local.startswith(word)]
        return found[0] if found else _DELIVERED
    return _BY_DIGIT[channel].get(destination[-1:], _DELIVERED)


def say_key(key: str, responses: tuple[KeyResponse, ...]) -> str:
    """What a pressed key brought about, for the report's notes."""
    if not key:
        return ""
    for response in responses:
        if response.key == key:
            told = f" Played: {response.message}" if response.message else ""
            led = f" Connected to {response.redirect_to}." if response.redirect_to else ""
            return f"Pressed {key}.{told}{led}"
    return f"Pressed {key}."
