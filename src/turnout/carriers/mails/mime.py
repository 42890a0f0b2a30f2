"""Mail, compiled once a job: per recipient only fields are merged and header lines written.

A compiled body is a row of segments: bytes that are the same for everybody (attachments, their
base64 made once, are shared by all mails on their way), and texts with merge fields. Rules that
the rest of the carrier counts on:

- Every segment is made of whole lines, each ended by CRLF, none longer than 76 characters. There
  is no bare CR or LF. So DKIM can canonicalize segment by segment.
- No line begins with a dot: base64 has none, quoted-printable writes it as =2E, and header lines
  begin with a name or a space. So nothing needs dot-stuffing on its way.
- Bodies are 7bit: quoted-printable, or base64 where that is shorter (texts that are mostly not
  Latin). 8bit is not used, since a relay that has to recode it breaks the DKIM signature.
- A merge value in quoted-printable stands between soft line breaks. So literals are encoded when
  the job is compiled, and what a value contains cannot change how its neighbours are read.

Header fields are made from cleaned text only (headers.py), values in HTML are escaped, and the
boundaries between parts are random: no merge value can add a field or a part.
"""

import binascii
import html
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from turnout.carriers import Attachment, Message, Parcel, Signing
from turnout.carriers.mails.dkim import Signer, body_hash
from turnout.carriers.mails.headers import (
    LINE,
    Unmailable,
    clean,
    mailbox,
    parameter,
    unstructured,
    wire_address,
)
from turnout.core.messaging.merged_links import harmless_text, without_odd_signs
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Status

_Fields = Mapping[str, str]
_Segment = bytes | Callable[[_Fields], bytes]
_Header = tuple[str, str]

# Fields that the carrier writes, or that make sense only on a message that was received.
_OURS = {
    "bcc",
    "cc",
    "date",
    "dkim-signature",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "sender",
    "subject",
    "to",
}
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9\-]{0,60}")
_CONTENT_TYPE = re.compile(
    r"[A-Za-z0-9][\w.+\-]{0,60}/[A-Za-z0-9][\w.+\-]{0,60}(?:; [a-z]{1,20}=[\w.+\-]{1,40}){0,4}",
    re.ASCII,
)
_DOTS = re.compile(r"\n\.+")
# The encoder leaves no room for the space at the end of a line, which it has to encode.
_LONG_BY_SPACE = re.compile(r"^(.{74,})(=20|=09)$", re.MULTILINE)
_DOT_LINE = 3 * 24
_PLAIN_URL = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_NEVER_QUOTED = "%/:=&?#+!$,;'@()*[]~"
_LONGEST_URL = 900


class Mail(NamedTuple):
    """One mail, ready for the wire. `chunks` one after the other are its lines, `size` their
    bytes; `needs_utf8` when a server without SMTPUTF8 cannot take it."""

    return_path: str
    destination: str
    domain: str
    needs_utf8: bool
    chunks: list[bytes]
    size: int

    @property
    def head(self) -> str:
        """Its fields, each with its name, folded as they are sent."""
        head = b"".join(self.chunks[:1]).decode("utf-8", "replace")
        return head.partition("\r\n\r\n")[0].replace("\r\n", "\n")


class Postmark(NamedTuple):
    """What the carrier adds to one mail: its return path ("" = the sender's address), the two
    sides of its Message-ID ("" domain = the sender's) and its date in epoch seconds."""

    return_path: str
    message_id: str
    domain: str
    at_s: int


class MailTemplate:
    """A message, ready to be merged for each recipient; `size` is about what a mail will have.
    `signers` are those of its own domain, `return_path` is that domain's, both empty = the
    carrier's. `parts` names what a mail consists of, in order.

    Raises Unmailable when no mail can be made of the message.
    """

    def __init__(self, message: Message) -> None:
        self._from_name = message.from_name
        self._reply_to = message.reply_to and wire_address(message.reply_to, Status.PATHWAY_ERROR)
        self._subject = Template(message.subject)
        self._extra = _extra_headers(message.headers, {"reply-to"} if message.reply_to else set())
        part = _message_part(message)
        self.parts = tuple(list_parts(message))
        self._content_headers = [("MIME-Version", "1.0"), *part.headers]
        self._body = _joined(part.segments)
        self.signers = _signers(message.signing)
        self.return_path = message.signing.return_path
        self.size = sum(len(segment) for segment in self._body if isinstance(segment, bytes))

    def render(self, parcel: Parcel, mark: Postmark, signers: Sequence[Signer] = ()) -> Mail:
        """The mail for one recipient. Raises Unmailable when an address is no address."""
        destination = wire_address(parcel.destination)
        sender = wire_address(parcel.sender, Status.PATHWAY_ERROR)
        sender_domain = sender.rpartition("@")[2]
        headers = [
            ("Date", _date(mark.at_s)),
            ("From", mailbox(self._from_name, sender)),
            ("To", mailbox(parcel.name, destination)),
            ("Subject", unstructured("Subject", self._subject.merge(parcel.fields))),
            ("Message-ID", f"<{mark.message_id}@{mark.domain or sender_domain}>"),
        ]
        headers += [
            (name, unstructured(name, text.merge(parcel.fields))) for name, text in self._extra
        ]
        if self._reply_to:
            headers.append(("Reply-To", self._reply_to))
        if parcel.unsubscribe_url:
            headers += _unsubscribe(parcel.unsubscribe_url)
        headers += self._content_headers
        body = [
            segment if isinstance(segment, bytes) else segment(parcel.fields)
            for segment in self._body
        ]
        if signers:
            digest = body_hash(body)
            headers = [
                *(
                    ("DKIM-Signature", signer.sign(headers, digest, mark.at_s))
                    for signer in signers
                ),
                *headers,
            ]
        head = "".join([f"{name}: {value}\r\n" for name, value in headers])
        chunks = [f"{head}\r\n".encode(), *body]
        return Mail(
            return_path=mark.return_path or sender,
            destination=destination,
            domain=destination.rpartition("@")[2].lower(),
            needs_utf8=not (destination.isascii() and sender.isascii()),
            chunks=chunks,
            size=sum(map(len, chunks)),
        )


def _signers(signing: Signing) -> tuple[Signer, ...]:
    try:
        return tuple(map(Signer.of, signing.keys))
    except ValueError as error:
        reason = f"A key of {signing.keys[0].domain} cannot sign: {error}"
        raise Unmailable(Status.PATHWAY_ERROR, reason) from error


class _Part(NamedTuple):
    """A MIME entity: its Content- fields and its body."""

    headers: list[_Header]
    segments: list[_Segment]


def _extra_headers(headers: Mapping[str, str], written: set[str]) -> list[tuple[str, Template]]:
    """`written` are the names, in lower case, that this message has beside _OURS."""
    seen = _OURS | written
    for name in headers:
        if not _FIELD_NAME.fullmatch(name) or name.lower().startswith("content-"):
            raise Unmailable(Status.PATHWAY_ERROR, f"{name[:80]!r} cannot be an extra header")
        if name.lower() in seen:
            raise Unmailable(Status.PATHWAY_ERROR, f"The header {name} would be there twice")
        seen.add(name.lower())
    return [(name, Template(text)) for name, text in headers.items()]


@lru_cache(maxsize=8)
def _date(at_s: int) -> str:
    return format_datetime(datetime.fromtimestamp(at_s, UTC))


def _unsubscribe(url: str) -> list[_Header]:
    """One-click unsubscribing, RFC 8058."""
    if not _PLAIN_URL.fullmatch(url):
        url = quote(clean(url), safe=_NEVER_QUOTED)
    if len(url) > _LONGEST_URL:
        raise Unmailable(Status.PATHWAY_ERROR, "The address to unsubscribe at is too long")
    return [
        ("List-Unsubscribe", f"<{url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _message_part(message: Message) -> _Part:
    texts = [_text_part("plain", message.text)] if message.text or not message.html else []
    if message.html:
        texts.append(_text_part("html", message.html))
    shown = [attachment for attachment in message.attachments if _is_shown(attachment, message)]
    if shown:
        texts[-1] = _multipart("related", [texts[-1], *map(_shown_part, shown)])
    part = texts[0] if len(texts) == 1 else _multipart("alternative", texts)
    others = [attachment for attachment in message.attachments if attachment not in shown]
    return _multipart("mixed", [part, *map(_attachment_part, others)]) if others else part


def list_parts(message: Message) -> list[str]:
    """What a mail of this message consists of, as people may read it: types, names of files."""
    parts = ["text/plain"] if message.text or not message.html else []
    parts += ["text/html"] if message.html else []
    files = [(not _is_shown(attachment, message), attachment) for attachment in message.attachments]
    return parts + [
        f"{file.content_type} {clean(file.name)}{'' if is_attached else ' (shown)'}"
        for is_attached, file in sorted(files, key=lambda file: file[0])
    ]


def _is_shown(attachment: Attachment, message: Message) -> bool:
    """Whether the HTML shows it in its place, by `cid:` and the file's name."""
    names = {attachment.name, quote(attachment.name), html.escape(attachment.name)}
    return bool(attachment.name) and any(
        f"{mark}cid:{name}{mark}" in message.html for name in names for mark in "\"'"
    )


def _shown_part(attachment: Attachment) -> _Part:
    """A picture of the HTML. Its id is its name, encoded as addresses of pictures are."""
    part = _attachment_part(attachment)
    (type_, encoding, (_, disposition)) = part.headers
    headers = [
        type_,
        encoding,
        ("Content-ID", f"<{quote(attachment.name)}>"),
        ("Content-Disposition", disposition.replace("attachment", "inline", 1)),
    ]
    return _Part(headers, part.segments)


def html_value(value: str) -> str:
    """What a merge field brings to HTML; harmless_text is what one brings to the text part."""
    return html.escape(without_odd_signs(value))


def _text_part(subtype: str, text: str) -> _Part:
    text = _with_line_feeds(text)
    is_html = subtype == "html"
    escape = html_value if is_html else harmless_text
    raw = _lines(text)
    if len(_quoted(text)) <= len(raw) * 4 / 3 + 3:
        encoding = "quoted-printable"
        # The line break at the end is the boundary's, or ends the mail.
        template = Template(
            *(text + "\n", lambda value: _quoted(escape(value)), _quoted),
            is_html=is_html,
            is_mail_text=not is_html,
        )
        segment: _Segment = _merger(template) if template.names else template.merge({}).encode()
    else:
        encoding = "base64"
        template = Template(
            *(text, lambda value: _with_line_feeds(escape(value))),
            is_html=is_html,
            is_mail_text=not is_html,
        )
        segment = _base64_merger(template) if template.names else _base64(raw)
    headers = [
        ("Content-Type", f"text/{subtype}; charset=utf-8"),
        ("Content-Transfer-Encoding", encoding),
    ]
    return _Part(headers, [segment])


def _merger(template: Template) -> _Segment:
    return lambda fields: template.merge(fields).encode("ascii")


def _base64_merger(template: Template) -> _Segment:
    return lambda fields: _base64(_lines(template.merge(fields)))


def _attachment_part(attachment: Attachment) -> _Part:
    is_typed = _CONTENT_TYPE.fullmatch(attachment.content_type)
    is_leaf = not attachment.content_type.lower().startswith(("multipart/", "message/"))
    type_ = attachment.content_type if is_typed and is_leaf else "application/octet-stream"
    headers = [
        ("Content-Type", type_),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f"attachment;{parameter('filename', attachment.name or 'file')}"),
    ]
    return _Part(headers, [_base64(attachment.content)])


def _multipart(subtype: str, parts: Sequence[_Part]) -> _Part:
    # "=_" can stand in neither encoding.
    boundary = f"=_{secrets.token_hex(16)}"
    segments: list[_Segment] = []
    for part in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in part.headers)
        segments += [f"--{boundary}\r\n{head}\r\n".encode(), *part.segments]
    segments.append(f"--{boundary}--\r\n".encode())
    return _Part([("Content-Type", f'multipart/{subtype};\r\n boundary="{boundary}"')], segments)


def _joined(segments: Sequence[_Segment]) -> list[_Segment]:
    """The same segments, neighbours that are bytes made one."""
    joined: list[_Segment] = []
    for segment in segments:
        if joined and isinstance(segment, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += segment
        else:
            joined.append(segment)
    return joined


def _lines(text: str) -> bytes:
    """`text` in UTF-8, its lines ended by CRLF."""
    return _with_line_feeds(text).replace("\n", "\r\n").encode("utf-8", "replace")


def _quoted(text: str) -> str:
    """`text` in quoted-printable, in whole lines: a soft break ends it if no other does."""
    lines = _with_line_feeds(text).encode("utf-8", "replace")
    # One more character, taken away again, leaves room for the soft break in the last line.
    quoted = "\n" + binascii.b2a_qp(lines + b"x")[:-1].decode("ascii")
    if "\n." in quoted:
        quoted = _DOTS.sub(_quote_dots, quoted)
    if len(quoted) > LINE:
        quoted = _LONG_BY_SPACE.sub(r"\1=\n\2", quoted)
    quoted = quoted[1:]
    if quoted and not quoted.endswith("\n"):
        quoted += "=\n"
    return quoted.replace("\n", "\r\n")


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _quote_dots(dots: re.Match[str]) -> str:
    """Dots at the beginning of a line, on lines of their own."""
    quoted = "=2E" * (len(dots[0]) - 1)
    lines = [quoted[start : start + _DOT_LINE] for start in range(0, len(quoted), _DOT_LINE)]
    return "\n" + "".join([f"{line}=\n" for line in lines])


def _base64(content: bytes) -> bytes:
    """`content` in base64, in lines of 76 characters."""
    encoded = binascii.b2a_base64(content, newline=False)
    return b"".join(
        [encoded[start : start + LINE] + b"\r\n" for start in range(0, len(encoded), LINE)]
    )
