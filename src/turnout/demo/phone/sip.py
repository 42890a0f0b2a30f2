"""SIP messages, as far as a telephone needs them: read, and answered. RFC 3261 and 4566."""

import re
from collections.abc import Sequence
from typing import NamedTuple

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK"
PCMA = 8
_SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
_MEDIA = re.compile(r"^m=audio (\d+) RTP/AVP ([\d ]+)", re.MULTILINE)
_HOST = re.compile(r"^c=IN IP[46] (\S+)", re.MULTILINE)
_KEYS = re.compile(r"^a=rtpmap:(\d+) telephone-event/8000", re.MULTILINE)


class Message(NamedTuple):
    """A request, or an answer, whose `method` is empty. Headers are by names in lower case."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: str = ""
    code: int = 0

    def get(self, name: str) -> str:
        """The first value of a header, empty = it has none."""
        return next((value for key, value in self.headers if key == name), "")

    def list(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for key, value in self.headers if key == name]

    @property
    def number(self) -> str:
        """Whom it calls."""
        return self.target.partition(":")[2].partition("@")[0].partition(";")[0]

    @property
    def transaction(self) -> tuple[str, str]:
        """What repetitions of a request have in common."""
        return self.get("via"), self.get("cseq")


class Offer(NamedTuple):
    """Where the other end hears, and the payload type of its keys (0 = it takes none)."""

    host: str
    port: int
    keys: int


def read_message(text: str) -> Message:
    """A message without its framing. Raises ValueError."""
    head, _, body = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError("a line is no header")
        lowered = name.strip().lower()
        headers.append((_SHORT.get(lowered, lowered), value.strip()))
    if first.startswith("SIP/2.0 "):
        return Message("", "", headers, body, int(first.split()[1]))
    method, target, _ = first.split(" ", 2)
    return Message(method, target, headers, body)


def find_end(data: bytes) -> int:
    """How long the first message of a stream is; 0 = it has not all come. Raises ValueError."""
    at = data.find(b"\r\n\r\n")
    if at < 0:
        return 0
    found = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d{1,6})", data[:at])
    end = at + 4 + (int(found[1]) if found else 0)
    return end if len(data) >= end else 0


def write_answer(
    request: Message,
    code: int,
    words: str,
    *,
    tag: str = "",
    more: Sequence[str] = (),
    body: str = "",
) -> bytes:
    """An answer to a request."""
    to = request.get("to")
    lines = [
        f"SIP/2.0 {code} {words}",
        *(f"Via: {via}" for via in request.list("via")),
        *(f"Record-Route: {route}" for route in request.list("record-route")),
        f"From: {request.get('from')}",
        f"To: {to}" + (f";tag={tag}" if tag and ";tag=" not in to else ""),
        f"Call-ID: {request.get('call-id')}",
        f"CSeq: {request.get('cseq')}",
        f"Allow: {ALLOW}",
        *more,
    ]
    return write(lines, body)


def write(lines: Sequence[str], body: str = "") -> bytes:
    """A message of these lines."""
    tail = ["Content-Type: application/sdp"] if body else []
    tail.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join([*lines, *tail]) + "\r\n\r\n" + body).encode()


def read_offer(sdp: str) -> Offer | None:
    """What an INVITE offers; None = no A-law without encryption, which is all that is spoken."""
    media, host = _MEDIA.search(sdp), _HOST.search(sdp)
    if not media or not host or str(PCMA) not in media[2].split():
        return None
    keys = _KEYS.search(sdp)
    return Offer(host[1], int(media[1]), int(keys[1]) if keys else 0)


def write_sdp(host: str, port: int, keys: int) -> str:
    """What we take: A-law, and keys where the other end does."""
    kind = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0",
        f"o=phone 1 1 IN {kind} {host}",
        "s=-",
        f"c=IN {kind} {host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {PCMA}" + (f" {keys}" if keys else ""),
        f"a=rtpmap:{PCMA} PCMA/8000",
        *([f"a=rtpmap:{keys} telephone-event/8000", f"a=fmtp:{keys} 0-16"] if keys else []),
        "a=ptime:20",
        "a=sendrecv",
    ]
    return "\r\n".join(lines) + "\r\n"
