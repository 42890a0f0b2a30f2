"""A user with its profile and company, as statements return it."""

from typing import Protocol

import msgspec

from turnout.core.identity.model import Company, Member, Profile, User

_profile = msgspec.json.Decoder(Profile)


class MemberRow(Protocol):
    """What all statements about users return."""

    @property
    def user(self) -> User: ...
    @property
    def disabled_at(self) -> int | None: ...
    @property
    def added_at(self) -> int: ...
    @property
    def profile(self) -> str: ...
    @property
    def company(self) -> Company: ...


def read_member(row: MemberRow) -> Member:
    """The user of a row."""
    is_live, profile = row.disabled_at is None, _profile.decode(row.profile)
    return Member(row.user, is_live, row.added_at, profile, row.company)
