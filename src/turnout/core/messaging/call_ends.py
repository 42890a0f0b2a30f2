"""What the codes mean with which telephone networks end calls: SIP's, and Q.850's cause, which is
more exact where there is one."""

from turnout.core.messaging.model import Status

LOST = "nobody knows how the call ended: the process that made it ended"
_SIP = {
    Status.INVALID_NUMBER: (301, 302, 404, 410, 416, 484, 485, 604),
    Status.BUSY: (486, 600, 603),
    Status.NO_ANSWER: (408, 480, 487),
    Status.BLOCKED: (403, 433, 607, 608),
    Status.PATHWAY_ERROR: (401, 407, 423, 429, 500, 502, 503, 504),
    Status.FAILED: (415, 421, 422, 488, 606),
}
SIP = {code: status for status, codes in _SIP.items() for code in codes}
"""What a SIP code means of a call that has ended."""

Q850 = {
    1: Status.INVALID_NUMBER,
    28: Status.INVALID_NUMBER,
    17: Status.BUSY,
    18: Status.NO_ANSWER,
    19: Status.NO_ANSWER,
}
"""What a Q.850 cause means."""
