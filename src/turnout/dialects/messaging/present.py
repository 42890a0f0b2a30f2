"""From the model to the wire: answers of the messaging API."""

from collections.abc import Sequence

import msgspec

from turnout.core.identity.members import MemberPage
from turnout.core.identity.model import Company, Member, Role
from turnout.core.identity.timezones import NUMBERS
from turnout.core.times import wall_clock
from turnout.dialects.messaging.decode import PageQuestion
from turnout.dialects.messaging.paginator import paginate
from turnout.dialects.messaging.wire import (
    PROFILE_NAMES,
    CompanyBody,
    JobNumber,
    OneUser,
    OwnUser,
    UserBody,
    UserList,
    UserNumber,
)

_encode = msgspec.json.Encoder().encode
_CONTRACT_NAMES = {field: name for name, field in PROFILE_NAMES.items()}


def present_page(page: MemberPage, question: PageQuestion, path: str) -> bytes:
    """The answer of GET /users: a page, or an Acct user alone. `path` is the list's address."""
    users = [_user(member, page.caller.timezone) for member in page.members]
    if page.caller.user.role is Role.ACCT:
        return _encode(OwnUser(data=users[0]))
    pages = paginate(
        path, question.query, page=question.page, per_page=question.page_size, total=page.total
    )
    return _encode(
        UserList(
            current_page=pages.current,
            data=users,
            first_page_url=pages.first_url,
            from_=pages.first_item,
            last_page=pages.last,
            last_page_url=pages.last_url,
            links=pages.links,
            next_page_url=pages.next_url,
            path=path,
            per_page=question.page_size,
            prev_page_url=pages.previous_url,
            to=pages.last_item,
            total=page.total,
        )
    )


def present_user(caller: Member, member: Member) -> bytes:
    """The answer of GET /users/{id}; contract, View User."""
    return _encode(OneUser(data=_user(member, caller.timezone)))


def present_number(number: int) -> bytes:
    """The answer where a user or a job was made or changed: its number."""
    return _encode(UserNumber(data=number))


WAITS = "Waits for the approval of a second person of your organization."


def present_job_number(job_id: int, unknown: Sequence[str], *, waits: bool) -> bytes:
    """The answer where a job was made: its number, and notes on merge fields that nobody has and on
    its waiting for approval."""
    notes = [f"No recipient has the field %%{name}%%: it becomes empty text." for name in unknown]
    notes += [WAITS] if waits else []
    return _encode(JobNumber(status=200, data=job_id, notes=notes))


def _user(member: Member, timezone: str) -> UserBody:
    fields = msgspec.structs.asdict(member.profile)
    settings = {_CONTRACT_NAMES.get(field, field): value for field, value in fields.items()}
    settings["agree_spam_policy"] = int(member.profile.agree_spam_policy)
    # Null where the company's own zone is none of the published ones.
    settings["timezone_id"] = NUMBERS.get(member.timezone)
    user, company = member.user, member.company
    return UserBody(
        user_id=user.id,
        company_id=company.org_id,
        agent_id=company.agent_id,
        dist_id=company.distributor_id,
        account_type=user.role.value,
        user_code=user.user_code,
        email=user.email,
        user_live=member.is_live,
        user_added=_local(member.added_at, timezone),
        company=_company(company),
        **settings,
    )


def _company(company: Company) -> CompanyBody:
    return CompanyBody(
        company_id=company.org_id,
        dist_id=company.distributor_id,
        agent_id=company.agent_id,
        name=company.name,
        **msgspec.structs.asdict(company.details),
    )


def _local(instant: int, timezone: str) -> str:
    return wall_clock(instant, timezone)
