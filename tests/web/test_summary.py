"""The page with an event's figures."""

from collections.abc import Iterator

import pytest

from tests.dialects.messaging.people import PASSWORD
from tests.dialects.reporting.house import House
from tests.support.client import Answer
from tests.support.node import new_database, open_node
from tests.web.reading import Page
from tests.web.signing_in import sign_in


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("house"))) as node:
        yield House(node)


def get(house: House, path: str, user: str = "one") -> Answer:
    client = house.node.client
    headers = {"Accept": "text/html"} | sign_in(client, f"{user}@example.com", PASSWORD)
    return client.request("GET", path.format(**house.names), headers=headers)


def test_the_figures_are_shown_as_charts_with_tables(house: House) -> None:
    answer = get(house, "/summary/{event}")
    text = " ".join(answer.body.decode().split())
    assert answer.status == 200
    assert "24 registered, 20 watched, 18 questions, of which 12 are answered." in text
    assert text.count('<svg class="chart"') == text.count('<table class="figures">') == 9
    assert '<th scope="row">newsletter</th><td>' in text
    assert "style=" not in text
    assert "<script" not in text
    Page(answer.body)


def test_only_reporting_users_see_it(house: House) -> None:
    plain = house.node.client.request("GET", f"/summary/{house.names['event']}")
    assert (plain.status, "www-authenticate" in plain.headers) == (401, True)
    refused = get(house, "/summary/{event}", "none")
    assert refused.status == 403
    user = "none@example.com"
    said = Page(refused.body).text
    assert f"You are signed in as {user}, and {user} may not see reports of event" in said
    assert f"turnout reporting grant house {user}" in said
    assert get(house, "/summary/{later}").status == 403
    assert get(house, "/summary/{later}", "all").status == 200
    assert get(house, "/summary/{foreign}", "all").status == 404
    assert get(house, "/summary/nothing", "all").status == 404
