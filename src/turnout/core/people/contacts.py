"""What may stand in the details of a person, whichever door they come in at."""

import msgspec

from turnout.core.people.model import Contact
from turnout.core.text import is_email, is_line
from turnout.errors import Invalid


def find_unfit_field(contact: Contact) -> str | None:
    """The first detail that has a control character in it; any script is fine."""
    fields = msgspec.structs.asdict(contact) | {"email": contact.email.strip()}
    if "".join(fields.values()).isprintable():
        return None
    return next((name for name, value in fields.items() if not is_line(value)), None)


def check_contact(contact: Contact) -> None:
    """Raise Invalid for an address that is none and for a detail with control characters."""
    if not is_email(contact.email):
        raise Invalid("contact.email", email=contact.email)
    check_details(contact)


def check_details(contact: Contact) -> None:
    """`check_contact` for somebody whose address may be empty. Raises Invalid."""
    if field := find_unfit_field(contact):
        raise Invalid("contact.control", field=field.replace("_", " "))
