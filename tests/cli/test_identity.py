"""`turnout org` and `token`, and making users."""

import datetime
import re
from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout, on_new_database
from turnout.core.audit.recording import list_entries
from turnout.core.identity.credentials import authenticate
from turnout.core.identity.model import CredentialKind, Role, User
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.users import list_users
from turnout.core.ids import OrgId
from turnout.errors import Unauthenticated

TOKEN = re.compile(r"Credential (\d+) \(([\w-]+), (.+)\):\n(\S+)\n")


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    return on_new_database(tmp_path)


@pytest.fixture
def acme(turnout: Turnout) -> Turnout:
    turnout.ok("org", "create", "acme", "--name", "Acme & Söhne", "--timezone", "Europe/Berlin")
    return turnout


def make_token(turnout: Turnout, *options: str) -> tuple[int, str]:
    found = TOKEN.fullmatch(turnout.ok("token", "create", "acme", *options))
    assert found
    return int(found[1]), found[4]


def test_org_create_gives_the_account_a_number_and_an_audit_entry(acme: Turnout) -> None:
    with acme.database() as db:
        organization = db.call(get_organization, "acme")
        entries = db.call(list_entries, organization.org_id, "organization", organization.org_id)
    assert (organization.org_id, organization.name) == (10001, "Acme & Söhne")
    assert (organization.timezone, organization.rate_limit) == ("Europe/Berlin", None)
    assert [entry.action for entry in entries] == ["created"]
    assert entries[0].actor.startswith("cli:")


def test_the_guid_of_an_organization_is_shown(acme: Turnout) -> None:
    with acme.database() as db:
        guid = db.call(get_organization, "acme").uuid
    assert guid in acme.ok("org", "list")
    assert f"GUID       {guid}" in acme.ok("org", "show", "acme")


def test_org_create_takes_a_country(turnout: Turnout) -> None:
    turnout.ok("org", "create", "plain", "--country", "au")
    assert "AU" in turnout.ok("org", "show", "plain")


def test_org_create_takes_the_short_name_where_no_other_is_given(turnout: Turnout) -> None:
    output = turnout.ok("org", "create", "plain")
    assert output == "Organization plain has account number 10001.\n"
    with turnout.database() as db:
        assert db.call(get_organization, "plain").name == "plain"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["acme"], "error: An organization 'acme' exists already.\n"),
        (
            ["Not A Slug"],
            "error: The short name 'Not A Slug' may have a-z, 0-9 and dashes only (1 to 63).\n",
        ),
        (
            ["other", "--timezone", "Nowhere"],
            "error: 'Nowhere' is not an IANA time zone such as Europe/Berlin.\n",
        ),
    ],
)
def test_org_create_refuses(acme: Turnout, arguments: list[str], error: str) -> None:
    assert acme("org", "create", *arguments) == Result(1, "", error)
    assert len(acme.ok("org", "list").splitlines()) == 2


def test_org_list_shows_names_as_they_are(turnout: Turnout) -> None:
    turnout.ok("org", "create", "odd", "--name", "[red]Odd[/] :smile: [/none]")
    rows = turnout.ok("org", "list").splitlines()
    assert rows[0].split("  ")[0] == "Account"
    assert "[red]Odd[/] :smile: [/none]" in rows[1]


@pytest.mark.parametrize(
    ("given", "stored", "said"),
    [
        ("500", 500, "500 a minute"),
        ("0", 0, "no limit"),
        ("-1", None, "the default"),
    ],
)
def test_org_set_changes_the_rate_limit(
    acme: Turnout, given: str, stored: int | None, said: str
) -> None:
    acme.ok("org", "set", "acme", "--rate-limit", "7")
    output = acme.ok("org", "set", "acme", "--rate-limit", given)
    assert output == f"Organization acme: the rate limit is {said} from now on.\n"
    with acme.database() as db:
        assert db.call(get_organization, "acme").rate_limit == stored
    assert acme.ok("org", "list").rstrip().endswith(said)


def test_org_set_refuses_an_unknown_organization(acme: Turnout) -> None:
    expected = Result(1, "", "error: There is no organization 'none'.\n")
    assert acme("org", "set", "none", "--rate-limit", "5") == expected


def test_org_set_says_what_range_a_limit_has(acme: Turnout) -> None:
    result = acme("org", "set", "acme", "--rate-limit", "-2")
    assert (result.code, result.output) == (2, "")
    assert result.error.startswith('usage: Invalid value "-2" for --rate-limit. Must be >= -1.')


def test_user_create_reads_the_password_from_standard_input(acme: Turnout) -> None:
    arguments = ["acme", "ann", "--name", "Ann", "--email", "ann@example.com", "--role", "agent"]
    output = acme.ok("user", "create", *arguments, "--password-stdin", stdin="a long secret\n")
    assert output == "User ann (Agent) of acme is made.\n"
    with acme.database() as db:
        users = db.call(list_users, OrgId(10001))
    assert users == [User(OrgId(10001), users[0].id, "ann", Role.AGENT, "Ann", "ann@example.com")]
    assert "password" in acme.ok("token", "list", "acme")


def test_user_create_works_without_a_password(acme: Turnout) -> None:
    acme.ok("user", "create", "acme", "bob", "--name", "Bob", "--email", "bob@example.com")
    assert acme.ok("token", "list", "acme").splitlines()[1:] == []


@pytest.mark.parametrize(
    ("email", "stdin", "error"),
    [
        ("ann@example.com", "short\n", "error: The password needs at least 10 characters.\n"),
        ("ann@example.com", "", "error: The password needs at least 10 characters.\n"),
        (
            "not an address",
            "a long secret\n",
            "error: 'not an address' is not an e-mail address.\n",
        ),
    ],
)
def test_user_create_refuses(acme: Turnout, email: str, stdin: str, error: str) -> None:
    arguments = ["acme", "ann", "--name", "Ann", "--email", email, "--password-stdin"]
    assert acme("user", "create", *arguments, stdin=stdin) == Result(1, "", error)
    with acme.database() as db:
        assert db.call(list_users, OrgId(10001)) == []


def test_user_create_refuses_a_code_that_is_taken_in_any_case(acme: Turnout) -> None:
    acme.ok("user", "create", "acme", "ann", "--name", "Ann", "--email", "ann@example.com")
    result = acme("user", "create", "acme", "ANN", "--name", "B", "--email", "b@example.com")
    assert result == Result(1, "", "error: The user name ann is taken. Choose another.\n")


def test_token_create_shows_a_secret_that_works(acme: Turnout) -> None:
    number, secret = make_token(acme, "--name", "website")
    with acme.database() as db:
        credential = db.call(authenticate, CredentialKind.API_KEY, secret)
    assert (credential.id, credential.name, credential.expires_at) == (number, "website", None)
    assert len(secret) == 40


def test_a_calendar_key_is_made_listed_and_revoked(acme: Turnout) -> None:
    number, key = make_token(acme, "--kind", "calendar-key", "--name", "website")
    assert re.fullmatch(r"[A-Za-z0-9]{40}", key)
    assert "calendar-key" in acme.ok("token", "list", "acme")
    with acme.database() as db:
        assert db.call(authenticate, CredentialKind.CALENDAR_KEY, key).name == "website"
        with pytest.raises(Unauthenticated):
            db.call(authenticate, CredentialKind.DEVELOPER_SECRET, key)
        acme.ok("token", "revoke", "acme", str(number))
        with pytest.raises(Unauthenticated):
            db.call(authenticate, CredentialKind.CALENDAR_KEY, key)
        org_id = db.call(get_organization, "acme").org_id
        entries = db.call(list_entries, org_id, "credential", number)
    assert {entry.action for entry in entries} == {"issued", "revoked"}


def test_token_create_never_breaks_a_secret(acme: Turnout) -> None:
    _, secret = make_token(acme, "--kind", "developer-secret")
    assert len(secret) == 88


def test_token_create_can_make_it_expire(acme: Turnout) -> None:
    number, _ = make_token(acme, "--days", "30")
    with acme.database() as db:
        day = datetime.datetime.fromtimestamp(db.clock() / 1000, datetime.UTC).date()
    row = acme.ok("token", "list", "acme").splitlines()[1]
    assert row.startswith(str(number))
    expires = {day + datetime.timedelta(days=30), day + datetime.timedelta(days=29)}
    assert any(f"{date} " in row for date in expires)


def test_token_create_makes_event_tokens_for_events_that_exist(acme: Turnout) -> None:
    when = ["--starts", "2027-03-01T09:00", "--ends", "2027-03-01T17:00"]
    acme.ok("event", "create", "acme", "Summit", *when)
    number, secret = make_token(acme, "--kind", "event-token", "--event", "1000001")
    with acme.database() as db:
        credential = db.call(authenticate, CredentialKind.EVENT_TOKEN, secret)
    assert (credential.id, credential.event_id) == (number, 1000001)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--kind", "event-token"], "error: An event token, and only that, needs --event.\n"),
        (["--event", "1000001"], "error: An event token, and only that, needs --event.\n"),
        (["--kind", "event-token", "--event", "9"], "error: There is no event 9.\n"),
        (
            ["--kind", "password"],
            "error: Passwords belong to users: see `turnout user create`.\n",
        ),
    ],
)
def test_token_create_refuses(acme: Turnout, options: list[str], error: str) -> None:
    assert acme("token", "create", "acme", *options) == Result(1, "", error)
    assert acme.ok("token", "list", "acme").splitlines()[1:] == []


@pytest.mark.parametrize("days", ["0", "-1", "100000"])
def test_token_create_refuses_impossible_times(acme: Turnout, days: str) -> None:
    result = acme("token", "create", "acme", "--days", days)
    assert (result.code, result.output) == (2, "")
    assert result.error.startswith("usage: Invalid value")
    assert result.error.count("\n") == 1


def test_token_list_shows_states_but_no_secret(acme: Turnout) -> None:
    first, secret = make_token(acme, "--name", "one")
    second, _ = make_token(acme, "--name", "two", "--kind", "company-token")
    third, _ = make_token(acme, "--name", "three")
    acme.ok("token", "revoke", "acme", str(second))
    lines = acme.ok("token", "list", "acme").splitlines()
    rows = [re.split(r"  +", line.strip()) for line in lines[1:]]
    assert [row[:3] + row[4:] for row in rows] == [
        [str(first), "api-key", "one", "active", "never", "never"],
        [str(second), "company-token", "two", "revoked", "never", "never"],
        [str(third), "api-key", "three", "active", "never", "never"],
    ]
    assert rows[0][3] == secret[:4]
    assert secret not in "".join(lines)


def test_token_revoke_ends_it_and_can_be_repeated(acme: Turnout) -> None:
    number, secret = make_token(acme, "--name", "website")
    for _ in range(2):
        output = acme.ok("token", "revoke", "acme", str(number))
        assert output == f"Credential {number} (website) is revoked.\n"
    with acme.database() as db:
        with pytest.raises(Unauthenticated):
            db.call(authenticate, CredentialKind.API_KEY, secret)
        entries = db.call(list_entries, OrgId(10001), "credential", number)
    assert [entry.action for entry in entries] == ["issued", "revoked"]


def test_token_revoke_refuses_what_is_another_organizations(acme: Turnout) -> None:
    number, secret = make_token(acme)
    acme.ok("org", "create", "other")
    expected = Result(1, "", f"error: There is no credential {number}.\n")
    assert acme("token", "revoke", "other", str(number)) == expected
    with acme.database() as db:
        assert db.call(authenticate, CredentialKind.API_KEY, secret).id == number


@pytest.mark.parametrize("command", [("token", "list"), ("event", "list"), ("channel", "list")])
def test_an_unknown_organization_is_named(turnout: Turnout, command: tuple[str, str]) -> None:
    expected = Result(1, "", "error: There is no organization 'none'.\n")
    assert turnout(*command, "none") == expected
