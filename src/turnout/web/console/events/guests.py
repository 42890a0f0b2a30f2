"""A list of people as it is typed or pasted: one a line, with or without a name.

Ada Lovelace <ada@example.com>
ada@example.com
ada@example.com, Ada, Lovelace
"""

import re
from collections.abc import Iterator

from turnout.core.people.model import Contact
from turnout.core.text import is_email
from turnout.web.console.forms import Form

MOST = 2_000
_NAMED = re.compile(r"(.*?)<([^<>]+)>")
_PARTS = re.compile(r"[,;\t]")


def read_guests(form: Form, name: str) -> list[Contact]:
    """The people of a field; a line without an address is said beside it."""
    found = []
    for number, line in _lines(form.value(name)):
        contact = read_guest(line)
        if contact is None:
            form.fault(name, "console.invitation.fault.line", number=number, line=line[:60])
            return []
        found.append(contact)
    if not found:
        form.fault(name, "console.fault.empty")
    elif len(found) > MOST:
        form.fault(name, "console.invitation.fault.many", limit=f"{MOST:,}")
    return found


def read_guest(line: str) -> Contact | None:
    """Somebody of one line; None where it has no address."""
    if named := _NAMED.fullmatch(line):
        first, _, last = named[1].strip().strip('"').partition(" ")
        email = named[2].strip()
    else:
        email, first, last = ([part.strip() for part in _PARTS.split(line)] + ["", ""])[:3]
    return Contact(email=email, first_name=first, last_name=last) if is_email(email) else None


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line.strip()
