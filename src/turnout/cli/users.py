"""`turnout user`: who works with the server, and what they may."""

import secrets
import sys

from cyclopts import App

from turnout.cli import staff
from turnout.cli.app import Count, actor, console, database, say_time, show_table
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.user_changes import (
    UserLine,
    change_user,
    list_user_lines,
    reset_password,
    set_monthly_limit,
)
from turnout.core.identity.users import create_user, hash_password
from turnout.errors import Invalid

user = App(name="user")
staff.add_commands(user)


@user.command(name="create")
def create(
    org: str,
    user_code: str,
    /,
    *,
    name: str,
    email: str,
    role: Role = Role.ACCT,
    password_stdin: bool = False,
) -> None:
    """Make a user.

    Example: turnout user create acme au/jo --name "Jo Doe" --email jo@example.com

    Args:
        org: Short name of the organization.
        user_code: The name that the user signs in with, unique on this server.
        name: Full name.
        email: E-mail address.
        role: Whose things the user may see: its own (Acct), those of all organizations of its
            agent (Agent), or of its distributor (Admin).
        password_stdin: Read the password from standard input, so that no list of processes
            shows it. Without it, the user has none yet.
    """
    hashed = hash_password(read_password()) if password_stdin else None
    with database() as db:
        organization = db.call(get_organization, org)
        made = db.call(
            create_user,
            organization.org_id,
            user_code,
            name=name,
            email=email,
            role=role,
            password_hash=hashed,
            actor=actor(),
        )
    console.print(f"User {made.user_code} ({made.role}) of {org} is made.")


@user.command(name="list")
def list_all(org: str, /) -> None:
    """List the users of an organization, also those who are disabled.

    Example: turnout user list acme

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        found = db.call(list_user_lines, db.call(get_organization, org).org_id)
    if not found:
        console.print(f"{org} has no users. `turnout user create` makes one.")
        return
    show_table(
        "USER", "NAME", "E-MAIL", "ROLE", "STATE", "LAST SIGN-IN",
        rows=(
            (
                line.user.user_code,
                line.user.name,
                line.user.email,
                line.user.role.value,
                _say_state(line),
                "never" if line.used_at is None else say_time(line.used_at),
            )
            for line in found
        ),
    )  # fmt: skip


@user.command(name="set")
def change(
    org: str,
    user_code: str,
    /,
    *,
    role: Role | None = None,
    email: str | None = None,
    monthly_limit: Count | None = None,
    no_monthly_limit: bool = False,
) -> None:
    """Change a user's role, e-mail address, or how much the user may spend on messages.

    Example: turnout user set acme au/jo --role Admin

    Args:
        org: Short name of the organization.
        user_code: Code of the user.
        role: Whose things the user may see: see `turnout user create --help`.
        email: E-mail address.
        monthly_limit: What jobs and codes may cost in a calendar month, in whole units of the
            currency that prices are in; 0 = nothing that costs.
        no_monthly_limit: They may cost any amount.
    """
    has_limit = monthly_limit is not None or no_monthly_limit
    if role is None and email is None and not has_limit:
        raise Invalid("user.unchanged")
    if monthly_limit is not None and no_monthly_limit:
        raise Invalid("user.limit_arguments")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        made = db.call(change_user, org_id, user_code, role=role, email=email, actor=actor())
        if has_limit:
            db.call(set_monthly_limit, org_id, user_code, monthly_limit, actor=actor())
    console.print(f"User {made.user_code} is {made.role.value}, with {made.email}.")
    if has_limit:
        said = "any amount" if monthly_limit is None else f"at most {monthly_limit}"
        console.print(f"Messages may cost {said} a month.")


@user.command
def disable(org: str, user_code: str, /) -> None:
    """Let a user sign in no more. Sessions end at once; jobs that are accepted go on.

    Example: turnout user disable acme au/jo

    Args:
        org: Short name of the organization.
        user_code: Code of the user.
    """
    _set_disabled(org, user_code, is_disabled=True)
    console.print(f"User {user_code} is disabled. `turnout user enable` undoes it.")


@user.command
def enable(org: str, user_code: str, /) -> None:
    """Let a user sign in again who was disabled.

    Example: turnout user enable acme au/jo

    Args:
        org: Short name of the organization.
        user_code: Code of the user.
    """
    _set_disabled(org, user_code, is_disabled=False)
    console.print(f"User {user_code} may sign in.")


@user.command(name="reset-password")
def reset(org: str, user_code: str, /, *, password_stdin: bool = False) -> None:
    """Give a user a new password, and end every sign-in by the former one.

    A random one is shown, this once, as the last line.

    Example: turnout user reset-password acme au/jo

    Args:
        org: Short name of the organization.
        user_code: Code of the user.
        password_stdin: Read the password from standard input in place of drawing one.
    """
    password = read_password() if password_stdin else secrets.token_urlsafe(18)
    hashed = hash_password(password)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        made = db.call(reset_password, org_id, user_code, hashed, actor=actor())
    console.print(f"User {made.user_code} has a new password; sign-ins by the former one ended.")
    if not password_stdin:
        console.print(password)


def read_password() -> str:
    """The first line of standard input. Raises Invalid for what is not UTF-8."""
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise Invalid("password.text") from error


def _set_disabled(org: str, user_code: str, *, is_disabled: bool) -> None:
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(change_user, org_id, user_code, is_disabled=is_disabled, actor=actor())


def _say_state(line: UserLine) -> str:
    if line.disabled_at is not None:
        return f"disabled {say_time(line.disabled_at)}"
    return "active" if line.has_password else "no password"
