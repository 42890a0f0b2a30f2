"""A certificate's page: it proves a code, and nobody finds a code by asking."""

import pytest

from tests.core.certificates.test_issuing import Awarding
from tests.core.registrations.desk import Desk
from tests.support.client import AppClient
from tests.support.node import LocalNode
from tests.web.reading import Page
from turnout.core.certificates.issuing import withdraw_certificate
from turnout.errors import Limited
from turnout.web.certificates import ASKED_LIMIT, PLACES_LIMIT, AskedCounts

BROWSER = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def awarding(node: LocalNode) -> Awarding:
    awarding = Awarding(Desk(node, node.add_account("awarding")))
    awarding.issue()
    return awarding


def look(site: AppClient, address: str) -> tuple[int, str]:
    answer = site.request("GET", f"/certificate/{address}", headers=BROWSER)
    return answer.status, Page(answer.body).text


def test_a_good_code_is_proven(site, awarding):
    (ann,) = awarding.list()
    status, text = look(site, f"{awarding.org_id}-{ann.code}")
    assert status == 200
    assert "Genuine" in text
    assert "Ann Lee attended" in text
    assert "ann@example.com" not in text
    answer = site.request("GET", f"/certificate/{awarding.org_id}-{ann.code.lower()}")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "address",
    ["1-AAAAAAAAAAAAAAAAAAAA", "x-AAAA", "1", "1-", "-", "99999999999999999999-A", "1-%00"],
)
def test_other_codes_are_missing(site, address):
    status, text = look(site, address)
    assert status == 404
    assert "Genuine" not in text


def test_a_withdrawn_one_says_so_and_names_nobody(site, awarding):
    (ann,) = awarding.list()
    awarding.call(withdraw_certificate, ann.code, actor="test")
    status, text = look(site, f"{awarding.org_id}-{ann.code}")
    assert status == 200
    assert "Withdrawn" in text
    assert "Ann" not in text


def test_a_place_asks_for_so_many_in_a_minute():
    now = [0]
    counts = AskedCounts(lambda: now[0])
    for _ in range(ASKED_LIMIT):
        counts.count("203.0.113.9")
    with pytest.raises(Limited) as refused:
        counts.count("203.0.113.9")
    assert refused.value.facts == {"limit": ASKED_LIMIT, "retry_after": 60}
    counts.count("203.0.113.10")
    now[0] = 60_001
    counts.count("203.0.113.9")


def test_the_places_that_are_counted_are_bounded():
    counts = AskedCounts(lambda: 0)
    for number in range(PLACES_LIMIT + 50):
        counts.count(str(number))
    assert len(counts._places) == PLACES_LIMIT
