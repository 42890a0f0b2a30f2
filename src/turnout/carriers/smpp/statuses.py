"""What the answers of a network mean for a message. README.md shows these tables."""

from collections.abc import Mapping
from typing import Literal

import structlog

from turnout.carriers import Misconfigured, Rejected, Retry
from turnout.core.messaging.model import Status

log = structlog.get_logger()

RETRY_S = 60.0
"""When a message that the network could not take just now is worth another try."""

OK = 0x00
INVALID_COMMAND_LENGTH = 0x02
INVALID_COMMAND_ID = 0x03
BIND_FAILED = 0x0D
TEMPORARY_APPLICATION_ERROR = 0x64

Meaning = Status | Literal["retry", "misconfigured", "back off"]

MEANINGS: Mapping[int, tuple[str, Meaning]] = {
    0x01: ("ESME_RINVMSGLEN", Status.FAILED),
    0x04: ("ESME_RINVBNDSTS", "retry"),
    0x08: ("ESME_RSYSERR", "retry"),
    0x0A: ("ESME_RINVSRCADR", Status.BAD_SENDER),
    0x0B: ("ESME_RINVDSTADR", Status.INVALID_DESTINATION),
    0x0D: ("ESME_RBINDFAIL", "misconfigured"),
    0x0E: ("ESME_RINVPASWD", "misconfigured"),
    0x0F: ("ESME_RINVSYSID", "misconfigured"),
    0x14: ("ESME_RMSGQFUL", "back off"),
    0x45: ("ESME_RSUBMITFAIL", Status.FAILED),
    0x48: ("ESME_RINVSRCTON", Status.BAD_SENDER),
    0x49: ("ESME_RINVSRCNPI", Status.BAD_SENDER),
    0x50: ("ESME_RINVDSTTON", Status.INVALID_DESTINATION),
    0x51: ("ESME_RINVDSTNPI", Status.INVALID_DESTINATION),
    0x53: ("ESME_RINVSYSTYP", "misconfigured"),
    0x58: ("ESME_RTHROTTLED", "back off"),
    0x64: ("ESME_RX_T_APPN", "retry"),
    0x65: ("ESME_RX_P_APPN", Status.FAILED),
    0x66: ("ESME_RX_R_APPN", Status.BLOCKED),
    0xFE: ("ESME_RDELIVERYFAILURE", Status.FAILED),
    0x100: ("ESME_RSERTYPUNAUTH", "misconfigured"),
    0x101: ("ESME_RPROHIBITED", Status.BLOCKED),
}
"""command_status of submit_sm_resp; what is not here is a pathway error, for good."""

STATES: Mapping[int, tuple[str, Status | None]] = {
    0: ("SCHEDULED", None),
    1: ("ENROUTE", None),
    2: ("DELIVRD", Status.SENT),
    3: ("EXPIRED", Status.EXPIRED),
    4: ("DELETED", Status.FAILED),
    5: ("UNDELIV", Status.FAILED),
    6: ("ACCEPTD", None),
    7: ("UNKNOWN", Status.PATHWAY_ERROR),
    8: ("REJECTD", Status.BLOCKED),
}
"""message_state of a receipt (5.2.28), and how its text says it; None is not final yet."""

# States that no number stands for in SMPP 3.4: a message with any of them is still on its way.
_WAITING = ("BUFFRED", "BUFFERED", "SCHEDULED", "SCHEDULD", "ACCEPTED", "QUEUED", "PENDING", "SENT")
# Networks spell a state in full, or cut it elsewhere: five letters tell them apart.
_STATES_BY_TEXT: Mapping[str, tuple[str, Status | None]] = {
    **{text[:5]: (text, None) for text in _WAITING},
    **{text[:5]: (text, status) for text, status in STATES.values()},
}


def name(status: int) -> str:
    """A command_status for people."""
    known = MEANINGS.get(status)
    return f"{known[0]} ({status:#x})" if known else f"command_status {status:#x}"


def is_back_off(status: int) -> bool:
    """Whether the network says: too fast."""
    return status in MEANINGS and MEANINGS[status][1] == "back off"


def is_refusal(status: int) -> bool:
    """Whether a bind that is answered so needs an operator. RINVCMDID: no transceivers there."""
    return status == INVALID_COMMAND_ID or (
        status in MEANINGS and MEANINGS[status][1] == "misconfigured"
    )


def judge(status: int) -> Retry | Rejected | Misconfigured:
    """The outcome of a message whose submission was answered with this command_status."""
    meaning = MEANINGS.get(status, ("", Status.PATHWAY_ERROR))[1]
    reason = f"the network answered {name(status)}"
    if isinstance(meaning, Status):
        return Rejected(meaning, reason)
    if meaning == "misconfigured":
        return Misconfigured(reason)
    return Retry(RETRY_S, reason)


def read_state(text: str) -> tuple[str, Status | None]:
    """A state as a receipt's text says it; one that nobody knows is a failure, and logged."""
    if found := _STATES_BY_TEXT.get(text[:5].upper()):
        return found
    log.warning("smpp receipt with an unknown state; it counts as failed", state=text[:20])
    return text, Status.FAILED
