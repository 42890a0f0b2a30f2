"""A strict reader of calendar files: what RFC 5545, 5546 and 6047 ask of one that is sent.

It knows nothing of the library that writes them: lines, components, how often each property stands,
and the form of its value.
"""

import re

_ONE = {
    "VCALENDAR": ("VERSION", "PRODID", "METHOD"),
    "VEVENT": ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "ORGANIZER", "STATUS"),
    "VTIMEZONE": ("TZID",),
    "STANDARD": ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"),
    "DAYLIGHT": ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"),
}
_AT_MOST_ONE = {"VEVENT": ("LOCATION", "DESCRIPTION", "URL", "LAST-MODIFIED", "CREATED", "CLASS")}
_UTC = re.compile(r"\d{8}T\d{6}Z")
_LOCAL = re.compile(r"\d{8}T\d{6}")
_LINE = re.compile(
    r"(?P<name>[A-Z][A-Z0-9-]*)"
    r"(?P<parameters>(?:;[A-Z][A-Z0-9-]*=(?:\"[^\"\x00-\x1f]*\"|[^\";:,\x00-\x1f]*))*):(?P<value>.*)",
    re.DOTALL,
)
_TEXTS = ("SUMMARY", "LOCATION", "DESCRIPTION")
_METHODS = {"PUBLISH": ("CONFIRMED", "TENTATIVE", "CANCELLED"), "CANCEL": ("CANCELLED",)}


def faults_of(content: bytes) -> list[str]:
    """What is wrong with a file, as sentences; empty when all is well."""
    faults = _line_faults(content)
    text = content.decode("utf-8").replace("\r\n ", "").replace("\r\n\t", "")
    open_: list[tuple[str, list[tuple[str, str, str]]]] = []
    zones: set[str] = set()
    used: set[str] = set()
    method = ""
    for line in filter(None, re.split("\r?\n", text)):
        found = _LINE.fullmatch(line)
        if not found:
            faults.append(f"{line!r} is not a content line")
            continue
        name, parameters, value = found["name"], found["parameters"], found["value"]
        if name == "BEGIN":
            open_.append((value, []))
        elif name == "END":
            if not open_ or open_[-1][0] != value:
                faults.append(f"END:{value} closes {open_[-1][0] if open_ else 'nothing'}")
                break
            component, properties = open_.pop()
            faults += _component_faults(component, properties, method)
            zones |= {value for name, _, value in properties if component == "VTIMEZONE"}
        else:
            open_[-1][1].append((name, parameters, value))
            method = value if name == "METHOD" else method
            used |= set(re.findall(r";TZID=\"?([^;:\"]*)", parameters))
    faults += [f"TZID {zone} has no VTIMEZONE" for zone in used - zones]
    return faults


def _line_faults(content: bytes) -> list[str]:
    faults = []
    if b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b""):
        faults.append("a line does not end with CR LF")
    if not content.startswith(b"BEGIN:VCALENDAR\r\n") or not content.endswith(b"END:VCALENDAR\r\n"):
        faults.append("it is not one VCALENDAR")
    faults += [f"{line!r} is too long" for line in content.split(b"\r\n") if len(line) > 75]
    return faults


def _component_faults(
    component: str, properties: list[tuple[str, str, str]], method: str
) -> list[str]:
    names = [name for name, _, _ in properties]
    faults = [
        f"{component} needs one {name}, has {names.count(name)}"
        for name in _ONE.get(component, ())
        if names.count(name) != 1
    ]
    faults += [
        f"{component} has several {name}"
        for name in _AT_MOST_ONE.get(component, ())
        if names.count(name) > 1
    ]
    for name, parameters, value in properties:
        faults += _value_faults(component, name, parameters, value, method)
    return faults


def _value_faults(component: str, name: str, parameters: str, value: str, method: str) -> list[str]:
    if name in ("DTSTAMP", "LAST-MODIFIED", "CREATED") and not _UTC.fullmatch(value):
        return [f"{name} is not in UTC"]
    if name in ("DTSTART", "DTEND") and component == "VEVENT":
        form = _LOCAL if "TZID=" in parameters else _UTC
        return [] if form.fullmatch(value) else [f"{name} is not a time"]
    if name == "SEQUENCE" and not value.isdigit():
        return ["SEQUENCE is not a number"]
    if name == "METHOD" and value not in _METHODS:
        return [f"METHOD {value} is not known"]
    if name == "STATUS":
        if value not in _METHODS["PUBLISH"]:
            return [f"STATUS {value} is not known"]
        if value not in _METHODS.get(method, ()):
            return [f"{method} needs STATUS CANCELLED"]
    if name == "ORGANIZER" and not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+", value):
        return ["ORGANIZER is not an address"]
    if name in _TEXTS and re.search(r"(?<!\\)(?:\\\\)*(?:[;,]|\\[^\\;,nN])", value):
        return [f"{name} has a sign that is not escaped"]
    return []
