"""SIP messages (RFC 3261, section 7): read from bytes of strangers, and written.

Header names are kept as they come, but found in any case and in their short forms. What cannot be
read raises UnreadableError; bounds are on the sizes, and no header is folded.
"""

import re
from collections.abc import Iterator

import msgspec

LARGEST_HEAD = 32_768
LARGEST_BODY = 65_536
_SHORT = {
    "i": "call-id",
    "m": "contact",
    "f": "from",
    "t": "to",
    "v": "via",
    "l": "content-length",
    "c": "content-type",
    "k": "supported",
}
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) ?(.*)", re.DOTALL)
_REQUEST = re.compile(r"([A-Z]{1,20}) (sips?:[^ ]{1,1000}) SIP/2\.0")
_TAG = re.compile(r";\s*tag\s*=\s*([^;,\s>]{1,200})", re.IGNORECASE)
_CSEQ = re.compile(r"\s*([0-9]{1,10})\s+([A-Z]{1,20})\s*")
_DIGITS = re.compile(r"\s*[0-9]{1,6}\s*")


class UnreadableError(ValueError):
    """It is no SIP message."""


class Message(msgspec.Struct):
    """A request or a response: its first line, headers in their order, and its body."""

    first: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    @property
    def code(self) -> int:
        """The status of a response; 0 of a request."""
        found = _STATUS.fullmatch(self.first)
        return int(found[1]) if found else 0

    @property
    def words(self) -> str:
        """What a response says beside its status."""
        found = _STATUS.fullmatch(self.first)
        return found[2] if found else ""

    @property
    def method(self) -> str:
        """What a request asks, and what a response answers."""
        return self.cseq[1]

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method."""
        found = _CSEQ.fullmatch(self.get("cseq"))
        if not found:
            raise UnreadableError("CSeq")
        return int(found[1]), found[2]

    @property
    def branch(self) -> str:
        """What the topmost Via calls the transaction."""
        return find_param(next(iter(self.get_all("via")), ""), "branch")

    def get(self, name: str) -> str:
        """The first header of that name (lower case), empty = none."""
        return next((value for own, value in self.headers if _plain(own) == name), "")

    def get_all(self, name: str) -> list[str]:
        """The values of all headers of that name, at commas."""
        values = (value for own, value in self.headers if _plain(own) == name)
        return [part for value in values for part in split_commas(value)]

    def tag(self, name: str) -> str:
        """The tag of From or To."""
        value = self.get(name)
        found = _TAG.search(value.rpartition(">")[2] if ">" in value else value)
        return found[1] if found else ""

    def pack(self) -> bytes:
        """As it is sent."""
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


def read_message(head: bytes, body: bytes) -> Message:
    """A message whose head and body have been told apart. Raises UnreadableError."""
    text = head.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n")
    first, *lines = text.split("\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise UnreadableError("header")
        headers.append((name.strip(), value.strip()))
    message = Message(first, headers, body)
    asked = _REQUEST.fullmatch(first)
    if not asked and not message.code:
        raise UnreadableError("first line")
    if (asked and asked[1] != message.method) or not message.get("call-id"):
        raise UnreadableError("CSeq or Call-ID")
    return message


def read_length(head: bytes) -> int:
    """The Content-Length that a head tells, 0 = none. Raises UnreadableError."""
    for line in head.split(b"\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if colon and _plain(name.strip()) == "content-length":
            if not _DIGITS.fullmatch(value) or int(value) > LARGEST_BODY:
                raise UnreadableError("Content-Length")
            return int(value)
    return 0


def split_commas(value: str) -> list[str]:
    """The parts of a header, at commas outside of quotes and angle brackets."""
    return [part for part in _split(value) if part]


def _split(value: str) -> Iterator[str]:
    start, is_quoted, depth = 0, False, 0
    for at, letter in enumerate(value):
        if letter == '"' and value[at - 1 : at] != "\\":
            is_quoted = not is_quoted
        elif not is_quoted and letter in "<>":
            depth = 1 if letter == "<" else 0
        elif letter == "," and not is_quoted and not depth:
            yield value[start:at].strip()
            start = at + 1
    yield value[start:].strip()


def find_uri(value: str) -> str:
    """The address in a header such as Contact."""
    inner = value.partition("<")[2].partition(">")[0]
    return inner or value.partition(";")[0].strip()


def find_number(value: str) -> str:
    """The digits of the number in an address, empty = it has none."""
    user = find_uri(value).partition(":")[2].partition("@")[0].partition(";")[0]
    digits = user.removeprefix("+")
    return digits if digits.isascii() and digits.isdecimal() and len(digits) < 20 else ""


def read_pause(value: str) -> int:
    """The seconds of a Retry-After header, 0 = none."""
    digits = value.strip()[:6].partition(";")[0].partition("(")[0].strip()
    return int(digits) if digits.isascii() and digits.isdecimal() else 0


def find_param(value: str, name: str) -> str:
    """A parameter of a header's value; empty = none."""
    outside = value.rpartition(">")[2] if ">" in value else value
    for part in outside.split(";")[1:]:
        own, _, given = part.partition("=")
        if own.strip().lower() == name:
            return given.strip().strip('"')
    return ""


def respond(request: Message, code: int, words: str, *more: tuple[str, str]) -> Message:
    """A response to a request, without a body."""
    kept = ("via", "from", "to", "call-id", "cseq", "record-route")
    headers = [(name, value) for name, value in request.headers if _plain(name) in kept]
    return Message(f"SIP/2.0 {code} {words}", [*headers, *more])


def _plain(name: str) -> str:
    lower = name.lower()
    return _SHORT.get(lower, lower)
