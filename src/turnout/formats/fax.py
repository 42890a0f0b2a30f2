"""Documents of strangers, made into what fax machines print: a TIFF of 1728 dots a line, G4.

Known by their first bytes, never by a name, but for plain text. Decoders are native code on hostile
input: they run in a child with little memory, CPU and time (fax_child.py), and come with the extra
`turnout[fax]`. Office formats are made into PDFs by LibreOffice where it is installed (office.py).
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec

from turnout.errors import Invalid
from turnout.formats import office
from turnout.formats.fax_pages import LARGEST_PIXELS, MOST_PAGES

WALL_S = 90
LARGEST_BYTES = 20 * 1024 * 1024
_HEAD = 1024
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b") | {127})
# Of the bytes of a text; of garbage there are five times as many.
_MOST_CONTROLS = 0.02
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}


class Document(NamedTuple):
    """A file to fax, by the name that people know it by."""

    name: str
    content: bytes


class Fax(NamedTuple):
    """What is sent: a TIFF of all pages, or a PDF of the first twenty to look at."""

    content: bytes
    pages: int


class _Answer(msgspec.Struct):
    """What the child says before the fax."""

    refusal: str = ""
    place: int = 0
    pages: int = 0


_answer = msgspec.json.Decoder(_Answer)


def _broken(name: str) -> Invalid:
    return Invalid("fax.broken", name=name)


_REFUSALS: dict[str, Callable[[str], Invalid]] = {
    "encrypted": lambda name: Invalid("fax.encrypted", name=name),
    "empty": lambda name: Invalid("fax.empty", name=name),
    "pages": lambda name: Invalid("fax.pages", name=name, limit=MOST_PAGES),
    "pixels": lambda name: Invalid("fax.pixels", name=name, limit=LARGEST_PIXELS // 1_000_000),
}


def is_available() -> bool:
    """Whether the extra is installed; does not import it."""
    return importlib.util.find_spec("pypdfium2") is not None


def make_fax(
    documents: Sequence[Document],
    *,
    is_fine: bool,
    header: str = "",
    form: Literal["tiff", "pdf"] = "tiff",
) -> Fax:
    """The documents as one fax, each page below the header where there is one. Takes up to a minute
    and a half, and as long for each file of an office. Raises Invalid, which names the document: it
    is of no known kind, encrypted, damaged or empty, has a picture of over 50 megapixels, needs too
    much to be drawn, or LibreOffice, which is not here; or there are over 200 pages."""
    ready = [_prepare(document) for document in documents]
    order = {
        "sizes": [len(content) for _, content in ready],
        "kinds": [kind for kind, _ in ready],
        "fine": is_fine,
        "header": header,
        "form": form,
    }
    command = [sys.executable, "-I", "-m", "turnout.formats.fax_child"]
    broken = _broken(documents[0].name)
    try:
        done = subprocess.run(
            command,
            input=b"".join([msgspec.json.encode(order), b"\n", *(body for _, body in ready)]),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "")},
            timeout=WALL_S,
            check=False,
        )
        head, _, made = done.stdout.partition(b"\n")
        answer = _answer.decode(head)
    except (subprocess.TimeoutExpired, msgspec.DecodeError) as error:
        raise broken from error
    if answer.refusal:
        name = documents[min(answer.place, len(documents) - 1)].name
        raise _REFUSALS.get(answer.refusal, _broken)(name)
    if done.returncode or not made:
        raise broken
    return Fax(made, answer.pages)


def _prepare(document: Document) -> tuple[str, bytes]:
    """What the child takes it for, and its content."""
    name, content = document
    if len(content) > LARGEST_BYTES:
        raise Invalid("fax.large", name=name, limit=LARGEST_BYTES // 1024**2)
    if not content:
        raise Invalid("fax.empty", name=name)
    if b"%PDF-" in content[:_HEAD]:
        return "pdf", content
    for signature, kind in _SIGNATURES.items():
        if content.startswith(signature):
            return kind, content
    if office.is_office(content):
        return "pdf", office.to_pdf(name, content)
    if name.lower().endswith(".txt") and (text := _read_text(content)) is not None:
        if not text.strip():
            raise Invalid("fax.empty", name=name)
        return "text", text.encode()
    raise Invalid("fax.form", name=name)


def _read_text(content: bytes) -> str | None:
    """A text; None if it is not a text."""
    encodings = (
        ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    )
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text if _is_readable(text) else None
    return None


def _is_readable(text: str) -> bool:
    """Whether it has no NUL, and hardly another control character."""
    encoded = text.encode(errors="replace")
    controls = len(encoded) - len(encoded.translate(None, _CONTROLS))
    return b"\0" not in encoded and controls <= len(encoded) * _MOST_CONTROLS
