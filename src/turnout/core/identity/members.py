"""Users as other users see and change them: the roles, and what each of them may.

Who sees whom: an Admin every user of its distributor; an Agent those of its own company and of
every company under the same agent; an Acct itself. Somebody else is Missing. Where the distributor
is shared since before organizations got one of their own, its Admins see their own company only,
unless the operator permits it (TURNOUT_SHARED_DISTRIBUTOR). What a role may not
do at all is Denied: only Admins and Agents make users; an Agent makes and edits Acct users alone;
everybody changes their own contact fields and password, but only an Admin more of itself, and
never its own monthly limit upwards; and nobody changes a user who may do more in the console
(authority.py). The role is read again in every transaction.
"""

from typing import Any, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.authority import may_change, may_change_company, may_make
from turnout.core.identity.companies import (
    create_company,
    edit_company,
    ensure_agent,
    find_changes,
    get_company,
)
from turnout.core.identity.demo import check_demo
from turnout.core.identity.member_rows import read_member
from turnout.core.identity.model import (
    Company,
    CompanyDetails,
    Member,
    Principal,
    Profile,
    Role,
    User,
)
from turnout.core.identity.names import find_name
from turnout.core.identity.sql import sql
from turnout.core.identity.timezones import NUMBERS, ZONES
from turnout.core.identity.users import create_user, encode_settings, rename_user, set_password
from turnout.core.ids import NO_ORG, AgentId, OrgId, UserId
from turnout.core.text import is_email
from turnout.errors import Denied, Invalid, Missing, Unauthenticated
from turnout.store import Tx

SHARED_DISTRIBUTOR = "shared_distributor"
"""What an operator permits so that Admins rule all of a distributor that is shared by history."""
OWN_FIELDS = frozenset(
    {"title", "first_name", "last_name", "email", "phone", "fax", "mobile", "password"}
    | {"receive_reports"}
)
# Beside the profile's own fields. The rest of a user is read-only.
_ACCOUNT_FIELDS = ("user_code", "email", "role", "is_live")
# What an audit entry shows with its values; of other fields it has the name alone.
_AUDITED = frozenset({"user_code", "role", "is_live", "monthly_limit"})
_ESCAPED = str.maketrans({special: "!" + special for special in "!%_"})


class NewMember(msgspec.Struct, frozen=True):
    """A user to be made, in the company `company_id` or in a new one.

    `company` has the new company's `name` and details by name; `agent_id`, which counts for
    Admins, is the agent that it is put under.
    """

    user_code: str
    email: str
    role: Role
    profile: Profile
    is_live: bool
    company_id: OrgId | None
    company: dict[str, Any]
    agent_id: AgentId | None


class MemberPage(NamedTuple):
    """One page of the users that `caller` sees, and how many there are in all."""

    caller: Member
    members: list[Member]
    total: int


class Password(NamedTuple):
    """A stored password: whose sign-in it would prove, and its hash."""

    principal: Principal
    hashed: str


def find_password(tx: Tx, user_code: str) -> Password | None:
    """The password that a sign-in as `user_code` (in any case) is held against.

    None for an unknown or disabled user, and for one who has no password.
    """
    row = sql.find_password(tx, name=user_code.casefold())
    if row is None:
        return None
    org_id, user_id, credential_id, hashed = row
    return Password(Principal(org_id, credential_id, user_id), hashed)


def require_member(tx: Tx, principal: Principal) -> Member:
    """Who signed in, as it stands now.

    Raises Unauthenticated when the user was disabled or the password changed since, and for
    the demo's users where they are not let in.
    """
    row = sql.find_member(
        tx,
        org_id=principal.org_id,
        user_id=principal.user_id,
        credential_id=principal.credential_id,
    )
    if row is None:
        raise Unauthenticated("login.ended")
    check_demo(tx, bool(row.credential_is_demo))
    return read_member(row)


def find_live_member(tx: Tx, org_id: OrgId, user_id: UserId) -> Member | None:
    """The user of that number, None when it is unknown or disabled."""
    member = find_member(tx, org_id, user_id)
    return member if member and member.is_live else None


def find_member(tx: Tx, org_id: OrgId, user_id: UserId) -> Member | None:
    """The user of that number, disabled or not; None when it is unknown."""
    row = sql.find_user_member(tx, org_id=org_id, user_id=user_id)
    return read_member(row) if row else None


def list_members(
    tx: Tx, principal: Principal, user_code: str, *, limit: int, skip: int
) -> MemberPage:
    """The users that the caller sees whose code contains `user_code`, in any case; oldest first.

    An Acct user sees itself, whatever is asked for.
    """
    caller = require_member(tx, principal)
    if caller.user.role is Role.ACCT:
        return MemberPage(caller, [caller], 1)
    wanted = visible_to(tx, caller) | {"pattern": _containing(user_code.casefold())}
    rows = sql.list_visible_members(tx, **wanted, limit=limit, skip=skip)
    total = sql.count_visible_members(tx, **wanted)
    return MemberPage(caller, [read_member(row) for row in rows], total)


def get_member(tx: Tx, principal: Principal, user_id: UserId) -> tuple[Member, Member]:
    """The caller, and the user of that number as far as the caller sees it. Raises Missing."""
    caller = require_member(tx, principal)
    return caller, _find_seen(tx, caller, user_id)


def visible_to(tx: Tx, caller: Member) -> dict[str, Any]:
    """Which users the caller sees beside itself, as the statements here and elsewhere take it."""
    company, is_admin = caller.company, caller.user.role is Role.ADMIN
    return {
        "distributor_id": company.distributor_id,
        "sees_all": int(is_admin and not _is_limited(tx, caller)),
        "agent_id": None if is_admin else company.agent_id,
        "own_org_id": company.org_id,
    }


def _is_limited(tx: Tx, admin: Member) -> bool:
    """Whether an Admin's answers are limited to its own organization."""
    return admin.company.is_shared and SHARED_DISTRIBUTOR not in tx.permitted


def find_visible_user(
    tx: Tx, caller: Member, *, user_id: UserId | None = None, user_code: str = ""
) -> User | None:
    """The user of that number and of that code, in any case, as far as the caller sees it.

    At least one of the two is given. For Agents and Admins.
    """
    if user_code:
        found = find_name(tx, "user", user_code.casefold())
        if found is None or user_id not in (None, found.target_id):
            return None
        user_id = UserId(found.target_id)
    row = sql.find_visible_member(tx, id=user_id, **visible_to(tx, caller))
    return row.user if row else None


def require_may_add(tx: Tx, principal: Principal) -> Member:
    """The caller. Raises Denied when it may make no users at all."""
    caller = require_member(tx, principal)
    if caller.user.role is Role.ACCT:
        raise _denied()
    return caller


def add_member(tx: Tx, principal: Principal, new: NewMember, password_hash: str) -> UserId:
    """Make a user, and its company where it is to have a new one; returns the user's number.

    A new company is billed to its first user. Raises Denied, Conflict when the user code is
    taken, Invalid for a company or agent that the caller does not see.
    """
    caller = require_may_add(tx, principal)
    if caller.user.role is Role.AGENT and new.role is not Role.ACCT:
        raise _denied()
    is_new = new.company_id is None
    company = None if is_new else _seen_company(tx, caller, new)
    if not may_make(tx, caller.user, new.role, company.org_id if company else None):
        raise _denied()
    company = company or _new_company(tx, caller, new)
    user = create_user(
        tx,
        company.org_id,
        new.user_code,
        name=new.profile.full_name or new.user_code,
        email=new.email,
        role=new.role,
        password_hash=password_hash,
        profile=new.profile,
        is_live=new.is_live,
        actor=caller.actor,
    )
    if is_new:
        billed = {"billing_user_id": user.id}
        edit_company(tx, company.org_id, billed, actor=caller.actor)
    return user.id


def edit_member(
    tx: Tx,
    principal: Principal,
    user_id: UserId,
    changes: dict[str, Any],
    company: dict[str, Any],
    password_hash: str | None,
) -> None:
    """Change a user, and its company's name and details, by the names in `changes` and `company`.

    `changes` has fields of Profile, `user_code`, `email`, `role`, `is_live` and `company_id`.
    What has the value already counts as unchanged. Raises Missing, Denied, Conflict when the
    user code is taken, Invalid for another company.
    """
    caller, member = get_member(tx, principal, user_id)
    user = member.user
    sql.touch_user(tx, org_id=user.org_id, id=user.id, now=tx.now)
    member = _find_seen(tx, caller, user_id)
    changed = _changes_of(member, changes, company, password_hash)
    if not _may_edit(caller, member, changed) or not may_change(tx, caller.user, user):
        raise _denied()
    if "company" in changed and not may_change_company(tx, caller.user, user.org_id):
        raise _denied()
    if changes.get("company_id", user.org_id) != user.org_id:
        raise Invalid("user.moved")
    if not changed:
        return
    if company:
        edit_company(tx, user.org_id, company, actor=caller.actor)
    if password_hash:
        set_password(tx, user.org_id, user.id, password_hash)
    if "user_code" in changed:
        rename_user(tx, member.user, changed["user_code"])
    _store(tx, member, changed, caller.actor)
    _record(tx, member, changed, caller.actor)


def _store(tx: Tx, member: Member, changed: dict[str, Any], actor: str) -> None:
    user = member.user
    settings = {name: value for name, value in changed.items() if name in Profile.__struct_fields__}
    profile = msgspec.structs.replace(member.profile, **settings)
    email, role = changed.get("email", user.email), changed.get("role", user.role)
    if not is_email(email):
        raise Invalid("user.email", email=email)
    is_live = changed.get("is_live", member.is_live)
    sql.set_user(
        tx,
        org_id=user.org_id,
        id=user.id,
        role=role.value,
        name=profile.full_name or user.user_code,
        email=email,
        profile=encode_settings(profile),
        disabled_at=None if is_live else tx.now,
        now=tx.now,
    )
    if role is Role.AGENT:
        ensure_agent(tx, user.org_id, actor=actor)


def _record(tx: Tx, member: Member, changed: dict[str, Any], actor: str) -> None:
    names = sorted(changed.keys() - {"company"})
    if not names:
        return
    present = _fields_of(member)
    shown = {name: [present[name], changed[name]] for name in names if name in _AUDITED}
    user = member.user
    record(tx, user.org_id, actor, "changed", "user", user.id, changed=names, **shown)


def _changes_of(
    member: Member, changes: dict[str, Any], company: dict[str, Any], password_hash: str | None
) -> dict[str, Any]:
    present = _fields_of(member)
    changed = {
        name: value for name, value in changes.items() if name in present and present[name] != value
    }
    if password_hash:
        changed["password"] = "changed"
    if company.get("name", member.company.name) != member.company.name or find_changes(
        member.company.details, company
    ):
        changed["company"] = company
    return changed


def _fields_of(member: Member) -> dict[str, Any]:
    user = member.user
    account = (user.user_code, user.email, user.role, member.is_live)
    fields = dict(zip(_ACCOUNT_FIELDS, account, strict=True))
    # A zone that is the company's anyway is shown like a chosen one.
    zone = {"timezone_id": NUMBERS.get(member.timezone)}
    return fields | msgspec.structs.asdict(member.profile) | zone


def _may_edit(caller: Member, member: Member, changed: dict[str, Any]) -> bool:
    is_self = caller.user.id == member.user.id
    if caller.user.role is Role.ADMIN:
        return not (is_self and _raises_limit(member.profile, changed))
    if is_self:
        return changed.keys() <= OWN_FIELDS
    return (
        caller.user.role is Role.AGENT and member.user.role is Role.ACCT and "role" not in changed
    )


def _raises_limit(profile: Profile, changed: dict[str, Any]) -> bool:
    if "monthly_limit" not in changed or profile.monthly_limit is None:
        return False
    wanted = changed["monthly_limit"]
    return wanted is None or wanted > profile.monthly_limit


def _denied() -> Denied:
    return Denied("user.denied")


def _new_company(tx: Tx, caller: Member, new: NewMember) -> Company:
    agent_id = new.agent_id
    if caller.user.role is Role.ADMIN and _is_limited(tx, caller):
        raise _denied()  # nobody but the others' Admins would see it
    if caller.user.role is Role.AGENT:
        agent_id = ensure_agent(tx, caller.user.org_id, actor=caller.actor)
    details = {name: value for name, value in new.company.items() if name != "name"}
    zone_id = new.profile.timezone_id
    return create_company(
        tx,
        new.company["name"],
        CompanyDetails(**details),
        distributor_id=caller.company.distributor_id,
        agent_id=agent_id,
        timezone=caller.timezone if zone_id is None else ZONES[zone_id],
        is_demo=caller.company.is_demo,
        actor=caller.actor,
    )


def _seen_company(tx: Tx, caller: Member, new: NewMember) -> Company:
    unknown = Invalid("company.unknown", company_id=new.company_id)
    try:
        company = get_company(tx, new.company_id or NO_ORG)
    except Missing as error:
        raise unknown from error
    sight = visible_to(tx, caller)
    is_linked = company.org_id == sight["own_org_id"] or (
        company.agent_id is not None and company.agent_id == sight["agent_id"]
    )
    if company.distributor_id != sight["distributor_id"] or not (sight["sees_all"] or is_linked):
        raise unknown
    return company


def _find_seen(tx: Tx, caller: Member, user_id: UserId) -> Member:
    is_hidden = caller.user.role is Role.ACCT and caller.user.id != user_id
    row = None if is_hidden else sql.find_visible_member(tx, id=user_id, **visible_to(tx, caller))
    if row is None:
        raise Missing("user.missing", user_id=user_id)
    return read_member(row)


def _containing(text: str) -> str:
    """A LIKE pattern (escape character `!`) for what contains `text`."""
    return f"%{text.translate(_ESCAPED)}%"
