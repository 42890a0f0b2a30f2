"""Users in core: what is kept of them, and what 0002 makes of users that were there before."""

import zoneinfo
from contextlib import closing

import msgspec
import psycopg
import pytest

from tests.support.node import BACKENDS, SEED, Clock, new_database
from turnout.core.audit.recording import list_entries
from turnout.core.identity.companies import create_company, ensure_agent, get_company
from turnout.core.identity.members import find_password, get_member, list_members
from turnout.core.identity.model import CompanyDetails, Profile, Role, User
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.timezones import NUMBERS, ZONES
from turnout.core.identity.users import create_user, list_users
from turnout.core.ids import DistributorId, OrgId
from turnout.errors import Conflict, Invalid, Missing, Unauthenticated
from turnout.settings import Settings
from turnout.store import Database, Ids, Tx, open_database
from turnout.store.migrations.running import migrate
from turnout.store.sqlite import connect, path_of


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path) -> str:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    return new_database(request.param, tmp_path, cluster)


@pytest.fixture
def db(url):
    with closing(open_url(url)) as db:
        yield db


def open_url(url: str) -> Database:
    return open_database(Settings(database_url=url, database_threads=2), Clock(), Ids(SEED))


def make(
    tx: Tx, slug: str, code: str, role: Role = Role.ACCT, under: str | None = None, **options
) -> User:
    organization = create_organization(tx, slug, slug.title(), distributor=under, actor="test")
    return create_user(
        tx,
        organization.org_id,
        code,
        name="Ada M. Lovelace",
        email="ada@example.com",
        role=role,
        actor="test",
        **options,
    )


def test_a_user_is_kept_and_listed(db):
    user = db.call(make, "acme", "Ada")
    assert db.call(list_users, user.org_id) == [user]
    assert user == User(
        OrgId(10001), user.id, "Ada", Role.ACCT, "Ada M. Lovelace", "ada@example.com"
    )


def test_a_disabled_user_is_not_listed_and_has_no_password(db):
    user = db.call(make, "acme", "ada", password_hash="hash", is_live=False)
    assert db.call(list_users, user.org_id) == []
    assert db.call(find_password, "ada") is None


def test_a_password_is_found_by_the_code_in_any_case(db):
    user = db.call(make, "acme", "Straße", password_hash="hash")
    found = db.call(find_password, "STRASSE")
    assert (found.principal.org_id, found.principal.user_id, found.hashed) == (
        10001,
        user.id,
        "hash",
    )
    assert db.call(find_password, "nobody") is None


def test_a_user_code_is_unique_on_the_server_in_any_case(db):
    db.call(make, "acme", "ada")
    with pytest.raises(Conflict):
        db.call(make, "other", "ADA")


def test_names_are_taken_apart_and_settings_kept(db):
    def view(tx: Tx, code: str, **options):
        make(tx, code, code, password_hash="hash", **options)
        found = find_password(tx, code)
        assert found is not None
        return get_member(tx, found.principal, found.principal.user_id)[1]

    assert db.call(view, "ada").profile == Profile(first_name="Ada M.", last_name="Lovelace")
    profile = Profile(first_name="A", monthly_limit=0, receive_reports=False, timezone_id=17)
    member = db.call(view, "bob", profile=profile)
    assert (member.profile, member.timezone) == (profile, "Australia/Melbourne")


def test_an_agent_user_gives_its_company_an_agent(db):
    agent = db.call(make, "agency", "agent", role=Role.AGENT)
    company = db.call(get_company, agent.org_id)
    assert company.agent_id is not None
    assert db.call(ensure_agent, agent.org_id, actor="test") == company.agent_id
    entries = db.call(list_entries, agent.org_id, "organization", agent.org_id)
    assert entries[-1].facts == {"agent": [None, company.agent_id]}


def test_companies_of_one_name_get_short_names_of_their_own(db):
    def add(tx: Tx, name: str) -> int:
        return create_company(
            tx,
            name,
            CompanyDetails(),
            distributor_id=DistributorId(1),
            agent_id=None,
            timezone="UTC",
            actor="t",
        ).org_id

    db.call(make, "acme", "ada")
    names = ["Généric  Co.", "generic co", "株式会社", "x" * 200]
    made = [db.call(add, name) for name in names]
    entries = [db.call(list_entries, org_id, "organization", org_id)[0].facts for org_id in made]
    assert entries == [
        {"slug": slug, "name": name}
        for slug, name in zip(
            ["generic-co", "generic-co-2", "company", "x" * 50], names, strict=True
        )
    ]
    with pytest.raises(Missing):
        db.call(get_company, 99)


def test_a_search_takes_no_character_for_a_wildcard(db):
    def found(tx: Tx, text: str) -> list[str]:
        login = find_password(tx, "admin").principal  # type: ignore[union-attr]
        page = list_members(tx, login, text, limit=10, skip=0)
        assert page.total == len(page.members)
        return [member.user.user_code for member in page.members]

    db.call(make, "hq", "admin", role=Role.ADMIN, password_hash="hash")
    for number, code in enumerate(["100%", "a_b", "a!b", "Ünder"]):
        db.call(make, f"org-{number}", code, under="hq")
    assert {text: db.call(found, text) for text in ("%", "_", "!", "ü", "A", "zzz")} == {
        "%": ["100%"],
        "_": ["a_b"],
        "!": ["a!b"],
        "ü": ["Ünder"],
        "A": ["admin", "a_b", "a!b"],
        "zzz": [],
    }


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_list_takes_the_same_statements_for_one_user_and_for_three(db):
    def count(tx: Tx) -> int:
        login = find_password(tx, "admin").principal  # type: ignore[union-attr]
        seen = 0

        def note(_statement: str) -> None:
            nonlocal seen
            seen += 1

        tx.connection.set_trace_callback(note)
        list_members(tx, login, "", limit=10, skip=0)
        tx.connection.set_trace_callback(None)
        return seen

    db.call(make, "hq", "admin", role=Role.ADMIN, password_hash="hash")
    first = db.call(count)
    for number in range(2):
        db.call(make, f"org-{number}", f"user-{number}", under="hq")
    assert db.call(count) == first <= 3


def test_a_sign_in_is_over_when_its_user_or_password_is(db):
    user = db.call(make, "acme", "ada", password_hash="hash")
    login = db.call(find_password, "ada").principal
    for forged in (
        msgspec.structs.replace(login, user_id=login.user_id + 1),
        msgspec.structs.replace(login, org_id=login.org_id + 1),
        msgspec.structs.replace(login, credential_id=login.credential_id + 1),
    ):
        with pytest.raises(Unauthenticated):
            db.call(get_member, forged, user.id)


def test_a_bad_address_is_refused(db):
    with pytest.raises(Invalid):
        db.call(create_user, 10001, "x", name="X", email="x", actor="test")


def test_the_published_zones_exist_and_17_is_melbourne():
    assert set(ZONES.values()) <= zoneinfo.available_timezones()
    assert [*ZONES] == [*range(1, len(ZONES) + 1)]
    assert (ZONES[1], ZONES[17]) == ("UTC", "Australia/Melbourne")
    assert {NUMBERS[zone]: zone for zone in NUMBERS} == ZONES


@pytest.mark.parametrize("backend", BACKENDS)
def test_users_of_the_former_schema_are_carried_over(backend, tmp_path, request):
    if backend == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
    else:
        url = request.getfixturevalue("cluster").create_database()
    migrate(url, "0001")
    fill_old(url)
    assert migrate(url) >= ("0001", "0002")
    with closing(open_url(url)) as db:
        found = db.call(find_password, "straße")
        assert found is not None
        page = db.call(list_members, found.principal, "SS", limit=10, skip=0)
    assert [(m.user.user_code, m.profile, m.company.name) for m in page.members] == [
        ("Straße", Profile(first_name="Ada", last_name="Lovelace"), "Acme"),
    ]


OLD = [
    "INSERT INTO distributors VALUES (1, 'Turnout', 1)",
    "INSERT INTO organizations VALUES (7, 'u', 1, NULL, 'acme', 'Acme', 'UTC', 'en', NULL, 1, 1)",
    "INSERT INTO users VALUES (7, 2, 'v', 'Straße', 'Admin', 'Ada Lovelace', 'a@x.y', 1, 1, NULL)",
    "INSERT INTO users VALUES (7, 3, 'w', 'bob', 'Acct', 'Bob', 'b@x.org', 1, 1, NULL)",
    "INSERT INTO directory VALUES ('user', 'strasse', 7, 'user', 2)",
    "INSERT INTO directory VALUES ('user', 'bob', 7, 'user', 3)",
    "INSERT INTO credentials VALUES (7, 4, 'password', 'p', 'h', '', 2, NULL, 1, NULL, NULL, NULL)",
]


def fill_old(url: str) -> None:
    if url.startswith("sqlite"):
        with closing(connect(path_of(url))) as connection:
            for statement in OLD:
                connection.execute(statement)
        return
    with psycopg.connect(url) as connection:
        for statement in OLD:
            connection.execute(statement)
