"""From the wire to the model: the files of a job, named, and with their content or address.

Contract, File. Which member has them, what they may be and how many are sent is the job type's.
"""

import base64
import mimetypes
import re
import string
from typing import Any, NoReturn

import msgspec

from turnout.core.messaging.model import JobType
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.rules import refuse, required

MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 100
FAX_TYPES = ("jpg", "tif", "png", "gif", "doc", "docx", "xls", "xlsx", "pdf", "txt", "ppt", "pptx")
_SAME_TYPES = {"jpeg": "jpg", "tiff": "tif"}
_LETTERS = string.ascii_letters + string.digits + "+/"
_NO_BASE64 = bytes(set(range(256)) - set(_LETTERS.encode()))
# Base64 takes a third more, and line ends, quotes and such a little more again.
MOST_LETTERS = 2 * MOST_BYTES
UNKNOWN_TYPE = "application/octet-stream"

# The member that has a type's files; each type takes them under the other names too.
MEMBERS = {
    JobType.EMAIL: "attachments",
    JobType.FAX: "files",
    JobType.MMS: "files",
    JobType.VOICE: "audiofile",
}
ALL_MEMBERS = ("attachments", "files", "audiofile")
TYPES = {JobType.FAX: FAX_TYPES, JobType.VOICE: ("wav",)}
NEEDED = (JobType.FAX, JobType.MMS, JobType.VOICE)
ONE_ONLY = (JobType.MMS, JobType.VOICE)


class GivenFile(msgspec.Struct, frozen=True):
    """A file as the request gives it: with `content`, or with the `url` that has it.

    `field` is its place in the request, for refusals.
    """

    field: str
    name: str
    content_type: str
    content: bytes
    url: str


class GivenFiles(msgspec.Struct, frozen=True):
    """The files of a request that are sent; `left_out` counts those that are not."""

    member: str
    files: tuple[GivenFile, ...] = ()
    left_out: int = 0


def decode_files(given: dict[str, Any], job_type: JobType) -> GivenFiles:
    """The files of a job of that type. Raises Invalid."""
    if job_type not in MEMBERS:
        return GivenFiles("")
    preferred = MEMBERS[job_type]
    member = next(
        (name for name in (preferred, *ALL_MEMBERS) if given.get(name) not in (None, [], {})),
        preferred,
    )
    wanted = _as_list(member, given.get(member))
    if not wanted and job_type in NEEDED:
        required(preferred)
    if len(wanted) > MOST_FILES:
        refuse(member, f"The {{field}} may not have more than {MOST_FILES} items.")
    sent = wanted[:1] if job_type in ONE_ONLY else wanted
    files = tuple(
        _file(_place(member, number, given.get(member)), value, TYPES.get(job_type))
        for number, value in enumerate(sent)
    )
    check_size(member, sum(len(file.content) for file in files))
    return GivenFiles(member, files, len(wanted) - len(sent))


def check_size(member: str, size: int) -> None:
    """Raise Invalid when a job's files are over 20 MB in all."""
    if size > MOST_BYTES:
        refuse_size(member)


def refuse_size(member: str) -> NoReturn:
    refuse(member, f"The {{field}} may not be greater than {MOST_BYTES // 1024} kilobytes.")


def _as_list(member: str, value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, dict) and value and all(name.isdigit() for name in value):
        return list(value.values())
    if isinstance(value, dict):
        return [value] if value else []
    if not isinstance(value, list):
        refuse(member, "The {field} must be an array.")
    return value


def _place(member: str, number: int, value: Any) -> str:
    return member if isinstance(value, dict) and "name" in value else f"{member}.{number}"


def _file(place: str, value: Any, types: tuple[str, ...] | None) -> GivenFile:
    if not isinstance(value, dict):
        refuse(place, "The {field} must be an array.")
    name = _name(f"{place}.name", value.get("name"), types)
    content_type = mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
    encoded, url = value.get("base64content"), value.get("url")
    if encoded:
        content = _content(f"{place}.base64content", encoded)
        return GivenFile(place, name, content_type, content, "")
    if not url:
        refuse(f"{place}.base64content", "The {field} field is required when url is not present.")
    return GivenFile(place, name, content_type, b"", rules.url(f"{place}.url", url))


def _name(field: str, value: Any, types: tuple[str, ...] | None) -> str:
    if value is None or value == "":
        required(field)
    # Older browsers and programs send the whole path.
    name = re.split(r"[\\/]", rules.text()(field, value))[-1].strip()
    if not name or not name.isprintable():
        refuse(field, "The {field} format is invalid.")
    ending = name.rpartition(".")[2].lower()
    if types and _SAME_TYPES.get(ending, ending) not in types:
        refuse(field, f"The {{field}} must be a file of type: {', '.join(types)}.")
    return name


def _content(field: str, value: Any) -> bytes:
    if not isinstance(value, str):
        refuse(field, "The {field} must be a string.")
    if len(value) > MOST_LETTERS:
        refuse_size(field)
    if value.startswith("data:"):
        value = value.partition("base64,")[2]
    try:
        content = base64.b64decode(value, validate=True)
    except ValueError:
        content = _decode_leniently(value)
    if not content:
        refuse(field, "The {field} format is invalid.")
    return content


def _decode_leniently(value: str) -> bytes:
    """Base64 as PHP reads it: other characters are passed over, and the end may lack its
    padding."""
    letters = value.encode("utf-8", "replace").translate(bytes.maketrans(b"-_", b"+/"))
    letters = letters.translate(None, _NO_BASE64)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))
