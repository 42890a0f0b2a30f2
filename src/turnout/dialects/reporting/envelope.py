"""The envelope of every answer, as XML and as JSON from one tree; reporting notes, Envelope.

In JSON an element's attributes become members and its text `title`; an element with neither
attributes nor children is its text alone; repeated elements are an array, also for one or none.
"""

import datetime
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

XML_TYPE = "text/xml; charset=utf-8"
JSON_TYPE = "text/json; charset=utf-8"
CSV_TYPE = "text/csv; charset=utf-8"

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
VERSION = "2.0"
GMT = ZoneInfo("GMT")

# What XML 1.0 cannot have, even escaped. It is replaced in every format: all say the same.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# Nothing replaces or escapes it.
_BETWEEN = "\x7f"


class Element(NamedTuple):
    """One element: with a value, or with children, in their order; `is_line` says that XML has it
    in one line with its children, as the original does."""

    name: str
    value: str | int | None = None
    attributes: dict[str, str] = {}  # noqa: RUF012 - never changed
    children: "Sequence[Element | Many]" = ()
    is_line: bool = False


class Many(NamedTuple):
    """Elements of one name, as many as there are."""

    name: str
    elements: list[Element]


class Moment(NamedTuple):
    """When an answer is given (epoch ms), and in which zone it shows times."""

    at: int
    zone: ZoneInfo = GMT


def say_time(at: int, zone: ZoneInfo) -> str:
    """An instant (epoch ms) as `YYYY-MM-DD HH:MM:SS` in a zone."""
    return str(datetime.datetime.fromtimestamp(at // 1000, zone))[:19]


def printable(text: str) -> str:
    """The text, with a replacement character for what XML cannot have."""
    return text if text.isprintable() else _UNPRINTABLE.sub("\ufffd", text)


def escape(text: str) -> str:
    """Text for the content of an element."""
    escaped = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")


def escape_attribute(text: str) -> str:
    """Text for an attribute's value, between double quotes."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def escape_json(text: str) -> str:
    """Text for between the quotes of a JSON string."""
    return msgspec.json.encode(printable(text))[1:-1].decode()


def change_all(change: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    """`printable` or an escape of many texts at once, at a tenth of the cost."""
    changed = change(_BETWEEN.join(texts)).split(_BETWEEN)
    if len(changed) == len(texts):
        return changed
    return [change(text) for text in texts]  # somebody wrote what stands between


def xml_envelope(moment: Moment, result: Sequence[Element | Many]) -> bytes:
    """The whole answer as XML."""
    content = "\n".join(map(to_xml, result))
    return f"{xml_opening(moment)}{content}{XML_CLOSING}".encode()


def json_envelope(moment: Moment, result: Sequence[Element | Many]) -> bytes:
    """The whole answer as JSON."""
    head = _head(moment)
    members = {
        member.name: to_json(member) for member in (*head, Element("result", children=result))
    }
    return msgspec.json.encode({"convey_api": {"version": VERSION} | members})


def xml_opening(moment: Moment) -> str:
    """What stands before the content of `result`."""
    head = "\n".join(map(to_xml, _head(moment)))
    return f'{DECLARATION}<convey_api version="{VERSION}">\n{head}\n<result>\n'


XML_CLOSING = "\n</result>\n</convey_api>\n"


def to_xml(element: Element | Many) -> str:
    """An element as text, its children in lines of their own unless it is a line."""
    if isinstance(element, Many):
        return "\n".join(map(to_xml, element.elements))
    name = element.name
    attributes = "".join(
        f' {key}="{escape_attribute(value)}"' for key, value in element.attributes.items()
    )
    if element.children:
        end = "" if element.is_line else "\n"
        inner = end.join(filter(None, map(to_xml, element.children)))
        return f"<{name}{attributes}>{end}{inner}{end}</{name}>"
    return f"<{name}{attributes}>{escape(str(_shown(element.value)))}</{name}>"


def to_json(element: Element | Many) -> Any:
    """An element as what stands behind its name."""
    if isinstance(element, Many):
        return [to_json(child) for child in element.elements]
    if element.children:
        children = {child.name: to_json(child) for child in element.children}
        return element.attributes | children
    value = printable(element.value) if isinstance(element.value, str) else _shown(element.value)
    return element.attributes | {"title": value} if element.attributes else value


def _shown(value: str | int | None) -> str | int:
    return "" if value is None else value


def _head(moment: Moment) -> list[Element]:
    return [
        Element("currentDateTime", say_time(moment.at, moment.zone)),
        Element("currentTimeZone", moment.zone.key),
    ]
