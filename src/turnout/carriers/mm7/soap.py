"""The SOAP envelopes of MM7 (3GPP TS 23.140), written and read.

What is read comes from a stranger: up to ENVELOPE_BYTES of XML without a document type (so without
entities), of some depth and some elements. Names count without their namespaces, since MMSCs speak
many versions of the schema, which differ in nothing else that is read here.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape as escape_xml

ENVELOPE_BYTES = 65_536
DEEPEST = 30
MOST_ELEMENTS = 2_000
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_SCHEMAS = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Members = list[tuple[str, "str | Members"]]


class NotMm7Error(ValueError):
    """What was read is no envelope of MM7."""


class Envelope(NamedTuple):
    """What an envelope says: its kind (`SubmitRsp`, or `Fault`), the transaction, and each text
    with the names that lead to it."""

    kind: str
    transaction: str
    texts: list[tuple[tuple[str, ...], str]]

    def find(self, name: str, within: str = "") -> str:
        """The first text of that name, somewhere within another; empty = there is none."""
        return next(self._list(name, within), "")

    def find_address(self, within: str) -> str:
        """The first address of a sender or recipient: a number in digits, or a short code."""
        found = (self.find(name, within) for name in ("Number", "ShortCode", "RFC2822Address"))
        address = next((text for text in found if text), "")
        return address.partition("/TYPE=")[0].strip().lstrip("+")

    def _list(self, name: str, within: str) -> Iterator[str]:
        for path, text in self.texts:
            if path[-1] == name and (not within or within in path[:-1]):
                yield text


def write(schema: str, transaction: str, kind: str, members: Members, content: str = "") -> bytes:
    """An envelope. `members` are in the order of the schema, those with empty texts are left out;
    `content` is the last element, written already."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<env:Envelope xmlns:env="{_SOAP}"><env:Header>'
        f'<TransactionID xmlns="{_SCHEMAS}{schema}" env:mustUnderstand="1">'
        f"{escape(transaction)}</TransactionID></env:Header>"
        f'<env:Body><{kind} xmlns="{_SCHEMAS}{schema}">{_write(members)}{content}</{kind}>'
        "</env:Body></env:Envelope>"
    ).encode()


def escape(text: str) -> str:
    """Text for XML, also within quotes; what XML cannot have is left out."""
    return escape_xml(_NOT_XML.sub("", text), {'"': "&quot;"})


def _write(members: Members) -> str:
    return "".join(
        f"<{name}>{escape(value) if isinstance(value, str) else _write(value)}</{name}>"
        for name, value in members
        if value
    )


def read(xml: bytes) -> Envelope:
    """What an envelope says. Raises NotMm7Error."""
    if len(xml) > ENVELOPE_BYTES:
        raise NotMm7Error(f"its envelope has over {ENVELOPE_BYTES} bytes")
    reading = _Reading()
    try:
        reading.parse(xml)
    except (expat.ExpatError, LookupError, ValueError) as error:
        said = str(error) if isinstance(error, NotMm7Error) else "its envelope is not XML"
        raise NotMm7Error(said) from error
    bodies = [path for path in reading.paths if path[:2] == ("Envelope", "Body")]
    kind = next((path[2] for path in bodies if len(path) == 3), "")
    if not kind:
        raise NotMm7Error("its envelope is empty")
    header = (text for path, text in reading.texts if path[1:] == ("Header", "TransactionID"))
    texts = [(path[3:], text) for path, text in reading.texts if len(path) > 3]
    return Envelope(kind, next(header, ""), [found for found in texts if found[0]])


class _Reading:
    """Collects the elements of a document: the way to each, and the text of each."""

    def __init__(self) -> None:
        self.paths: list[tuple[str, ...]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self._said: list[str] = []

    def parse(self, xml: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._said.append
        parser.EndElementHandler = self._end
        parser.Parse(xml, True)

    def _refuse(self, *_: object) -> None:
        raise NotMm7Error("it has a document type")

    def _start(self, name: str, _attributes: object) -> None:
        self._open.append(name.rpartition(" ")[2])
        if len(self._open) > DEEPEST or len(self.paths) >= MOST_ELEMENTS:
            raise NotMm7Error("its envelope is too deep or too long")
        self.paths.append(tuple(self._open))
        self._said.clear()

    def _end(self, _name: str) -> None:
        text = "".join(self._said).strip()
        if text:
            self.texts.append((tuple(self._open), text))
        self._said.clear()
        self._open.pop()
