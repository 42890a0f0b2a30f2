"""Imports do not bring back who was erased; a door of their own does."""

import pytest

from tests.core.registrations.office import Office
from tests.support.node import LocalNode
from turnout.core.erasure.erasing import erase_person
from turnout.core.erasure.returning import find_erased, refuse_erased
from turnout.errors import Conflict

PHONE = "+61 412 349 876"


@pytest.fixture
def office(node: LocalNode) -> Office:
    office = Office(node)
    office.add("ann", facts={"phone": PHONE})
    office.act(erase_person, office.person("ann").id)
    return office


@pytest.mark.parametrize(
    ("emails", "phones"),
    [
        (["ann@example.com"], []),
        ([" ANN@Example.com "], []),
        (["new@example.com"], ["+61412349876"]),
        ([], ["", PHONE]),
        (["ann@example.com"], [PHONE]),
    ],
)
def test_a_row_of_somebody_erased_is_refused(
    office: Office, emails: list[str], phones: list[str]
) -> None:
    with pytest.raises(Conflict) as refused:
        office.call(refuse_erased, emails, phones)
    assert refused.value.code == "import.erased"
    typed = [address for address in (*emails, *phones) if address not in ("new@example.com", "")]
    assert refused.value.facts["address"] == typed[0]


def test_others_are_taken(office: Office) -> None:
    office.call(refuse_erased, ["bob@example.com", ""], ["+61412349877", "x", ""])
    other = Office(office.node)
    other.call(refuse_erased, ["ann@example.com"], [PHONE])
    assert office.call(find_erased, [], []) == ""


def test_somebody_who_came_back_by_themselves_is_taken(office: Office) -> None:
    office.add("ann")
    office.call(refuse_erased, ["ann@example.com"], [PHONE])


def test_nothing_in_the_clear_is_kept(office: Office) -> None:
    query = "SELECT digest FROM erased_addresses"
    digests = office.db.call(lambda tx: [row[0] for row in tx.connection.execute(query)])
    assert [digest[:5] for digest in digests] == ["hash:"] * len(digests)
    assert len(digests) >= 2
