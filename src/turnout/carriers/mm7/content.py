"""The content of a message: a page of SMIL, the text, and the file, made to fit once a job."""

import secrets
from email.header import Header

import msgspec

from turnout.carriers import Attachment, Message
from turnout.carriers.mm7.settings import Mm7Settings
from turnout.core.messaging.merging import Template
from turnout.errors import Invalid
from turnout.formats import fitting

# What the page and the text may take of the bytes of a message.
ROOM = 10_000
CONTENT_ID = "turnout-content"
_SMIL = (
    '<smil><head><layout><root-layout/><region id="Image" left="0" top="0" width="100%" '
    'height="60%" fit="meet"/><region id="Text" left="0" top="60%" width="100%" height="40%"/>'
    '</layout></head><body><par dur="10s">{}</par></body></smil>'
)
_ELEMENTS = {"image": "img", "audio": "audio", "video": "video"}


class Content(msgspec.Struct):
    """A message's texts taken apart, and its file as the network takes it; `refusal` says why there
    is no such file."""

    subject: Template
    text: Template
    boundary: str
    file: Attachment | None = None
    refusal: str = ""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self.text.size + (len(self.file.content) if self.file else 0)


def prepare(message: Message, settings: Mm7Settings) -> Content:
    """A message's content. Pictures are made to fit, which takes up to a minute; whatever else is
    too large is refused."""
    content = Content(
        Template(message.subject), Template(message.text), f"turnout-{secrets.token_hex(16)}"
    )
    if not message.attachments:
        return content
    file = message.attachments[0]
    most_bytes = settings.largest_bytes - ROOM
    if fitting.is_picture(file.content):
        try:
            made, kind = fitting.fit(file.content, most_bytes, settings.largest_side)
        except Invalid as error:
            content.refusal = error.message
        else:
            content.file = Attachment(f"picture.{kind.partition('/')[2]}", kind, made)
    elif len(file.content) <= most_bytes:
        content.file = file
    else:
        content.refusal = f"The file has more than {most_bytes // 1000} kB."
    return content


def write(content: Content, text: str, envelope: bytes) -> tuple[str, tuple[bytes, ...]]:
    """The content type of a request, and its body in pieces, of which the large one is the file's
    own."""
    outer, inner = content.boundary, f"{content.boundary}-in"
    head = (
        f"--{outer}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-ID: <turnout-soap>\r\n\r\n"
    )
    page = _SMIL.format(
        _show(content.file) + ('<text src="text.txt" region="Text"/>' if text else "")
    )
    parts = (
        f"\r\n--{outer}\r\nContent-ID: <{CONTENT_ID}>\r\nContent-Type: multipart/related; "
        f'type="application/smil"; start="<page.smil>"; boundary="{inner}"\r\n\r\n'
        + _part(inner, "application/smil; charset=utf-8", "page.smil")
        + page
    )
    if text:
        parts += "\r\n" + _part(inner, "text/plain; charset=utf-8", "text.txt") + text
    end = f"\r\n--{inner}--\r\n--{outer}--\r\n".encode()
    start = head.encode() + envelope + parts.encode()
    kind = f'multipart/related; type="text/xml"; start="<turnout-soap>"; boundary="{outer}"'
    if content.file is None:
        return kind, (start, end)
    named = _part(inner, content.file.content_type, "file", content.file.name)
    return kind, (start + b"\r\n" + named.encode(), content.file.content, end)


def _show(file: Attachment | None) -> str:
    """The element of the page for a file, if the page can show it."""
    kind = file.content_type.partition("/")[0] if file else ""
    if kind not in _ELEMENTS:
        return ""
    region = "" if kind == "audio" else ' region="Image"'
    return f'<{_ELEMENTS[kind]} src="file"{region}/>'


def _part(boundary: str, content_type: str, name: str, file_name: str = "") -> str:
    """The beginning of a part; SMIL finds it by its location."""
    named = ""
    if file_name:
        encoded = (
            Header(file_name, "utf-8", 10_000).encode() if not _is_plain(file_name) else file_name
        )
        named = f'Content-Disposition: attachment; filename="{encoded}"\r\n'
    return (
        f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{name}>\r\nContent-Location: {name}\r\n{named}\r\n"
    )


def _is_plain(name: str) -> bool:
    return name.isascii() and name.isprintable() and not set(name) & set('"\\')
