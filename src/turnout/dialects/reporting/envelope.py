"""The envelope of every answer, in XML and in JSON: the same tree.

An element of the tree is a dict. In XML its members that are text become child elements, those of
`attributes` attributes; in JSON both are members. A list is a repeated element.
"""

import datetime
import re
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

import msgspec

GMT = "GMT"
# What XML 1.0 cannot hold in any form.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_encode = msgspec.json.Encoder().encode

# Which form the request at hand asks for; failures are presented without the request.
wants_json: ContextVar[bool] = ContextVar("wants_json", default=False)


class Attributes(dict[str, str]):
    """Members that are attributes in XML; an element's own text stands under `text_name`."""

    def __init__(self, text_name: str = "", /, **members: str) -> None:
        super().__init__(members)
        self.text_name = text_name


def clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def opening(now: int, timezone: str = GMT) -> tuple[str, str, str, str]:
    """Version, date and time, and zone of an envelope, as XML and JSON have them in this order."""
    zone = ZoneInfo("UTC" if timezone == GMT else timezone)
    moment = datetime.datetime.fromtimestamp(now // 1000, zone)
    return "2.0", moment.strftime("%Y-%m-%d %H:%M:%S"), timezone, ""


def to_xml(now: int, result: dict[str, Any], timezone: str = GMT) -> bytes:
    """A whole answer."""
    return (xml_head(now, timezone) + _result(result) + XML_TAIL).encode()


def to_json(now: int, result: dict[str, Any], timezone: str = GMT) -> bytes:
    """A whole answer."""
    version, at, zone, _ = opening(now, timezone)
    return _encode(
        {
            "convey_api": {
                "version": version,
                "currentDateTime": at,
                "currentTimeZone": zone,
                "result": _plain(result),
            }
        }
    )


def xml_head(now: int, timezone: str = GMT) -> str:
    """What stands before `result`."""
    version, at, zone, _ = opening(now, timezone)
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<convey_api version="{version}">\n<currentDateTime>{at}</currentDateTime>\n'
        f"<currentTimeZone>{escape(zone)}</currentTimeZone>\n"
    )


XML_TAIL = "</convey_api>\n"


def element(name: str, value: Any) -> str:
    """An element in XML: of a text, a number, a dict, or each of a list."""
    if isinstance(value, list):
        return "".join(element(name, each) for each in value)
    if isinstance(value, Attributes):
        return _with_attributes(name, value)
    if isinstance(value, dict):
        return f"<{name}>{''.join(_children(value))}</{name}>\n"
    return f"<{name}>{escape(clean(str(value)))}</{name}>\n"


def _with_attributes(name: str, value: Attributes) -> str:
    text = escape(clean(value.get(value.text_name, "")))
    given = "".join(
        f" {key}={quoteattr(clean(each))}" for key, each in value.items() if key != value.text_name
    )
    return f"<{name}{given}>{text}</{name}>\n"


def _result(result: dict[str, Any]) -> str:
    return f"<result>\n{''.join(_children(result))}</result>\n"


def _children(value: dict[str, Any]) -> Iterator[str]:
    for name, each in value.items():
        yield element(name, each)


def _plain(value: Any) -> Any:
    """The tree with nothing in it that JSON has no word for."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
