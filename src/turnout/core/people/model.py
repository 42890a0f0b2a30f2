"""What is known of a person, and what somebody says of themselves when registering."""

import msgspec

from turnout.core.ids import PersonId
from turnout.core.text import is_blank


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A person's details as given; empty text means "not given" and never erases anything. What
    cannot be seen, such as a zero-width space, is not given."""

    email: str
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    job_title: str = ""
    address_line1: str = ""
    address_line2: str = ""
    address_line3: str = ""
    city: str = ""
    county_or_state: str = ""
    post_code: str = ""
    country_code: str = ""
    phone: str = ""

    def __post_init__(self) -> None:
        for name in _DETAILS:
            text = getattr(self, name)
            if text and is_blank(text):
                msgspec.structs.force_setattr(self, name, "")

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


_DETAILS = tuple(name for name in Contact.__struct_fields__ if name != "email")


class Person(msgspec.Struct, frozen=True):
    """A person as kept; `email` as first typed."""

    id: PersonId
    uuid: str
    contact: Contact
    created_at: int
    updated_at: int


class FormerAddress(msgspec.Struct, frozen=True):
    """An e-mail address or number that somebody had; `medium` is `email` or `phone`, `until` in
    epoch ms."""

    medium: str
    address: str
    until: int


class FormerName(msgspec.Struct, frozen=True):
    """What somebody was called, `until` then (epoch ms)."""

    first_name: str
    last_name: str
    until: int

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))
