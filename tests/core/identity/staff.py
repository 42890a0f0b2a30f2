"""Users with roles, and how they sign in, for the tests of this folder and of the pages."""

from collections.abc import Collection

from turnout.core.identity.model import (
    Company,
    CompanyDetails,
    Member,
    Organization,
    Principal,
    Profile,
    Role,
    User,
)
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import get_principal
from turnout.core.identity.staff import Access
from turnout.core.identity.users import create_user
from turnout.core.ids import DistributorId, OrgId, UserId
from turnout.store import Database


def add_user(
    db: Database, org_id: OrgId, name: str, roles: Collection[StaffRole], hashed: str = "hash"
) -> User:
    """A user of the organization; its code and address are made of `name` and `org_id`."""
    return db.call(
        create_user,
        org_id,
        f"{name}-{org_id}",
        name=name.title(),
        email=f"{name}-{org_id}@example.com",
        role=Role.ACCT,
        password_hash=hashed,
        roles=roles,
        actor="test",
    )


def principal_of(db: Database, user: User) -> Principal:
    return db.call(get_principal, user)


def make_access(*roles: StaffRole) -> Access:
    """What somebody with these roles may do, without a database."""
    user = User(OrgId(1), UserId(1), "a/b", Role.ACCT, "Ada Byron", "ada@example.com")
    details = CompanyDetails()
    company = Company(OrgId(1), DistributorId(1), None, "Rail", "UTC", details, False, False)
    organization = Organization(OrgId(1), "", "rail", "Rail", "UTC", "en", None)
    member = Member(user, True, 0, Profile(), company)
    return Access(member, organization, frozenset(roles), False, frozenset(), frozenset())
