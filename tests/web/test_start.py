"""The start page: what this server is, its APIs, and what to do first."""

import shlex

from tests.web.conftest import DEMO
from tests.web.reading import Page
from turnout.bootstrap import DIALECTS
from turnout.cli.app import app
from turnout.web.pages import BEGIN


def test_it_shows_all_five_apis(site):
    page = Page(site.request("GET", "/").body)
    assert [api.name for api in DIALECTS] == [
        "registration",
        "messaging",
        "attendance",
        "booking",
        "reporting",
    ]
    for api in DIALECTS:
        assert f"{api.title} {api.summary} {api.base_path}" in page.text
        assert {f"/reference/{api.name}", f"/openapi/{api.name}.json"} <= set(page.links)


def test_it_leads_to_the_health_paths(site):
    links = Page(site.request("GET", "/").body).links
    assert [link for link in links if link in ("/healthz", "/readyz", "/metrics")] == [
        "/healthz",
        "/readyz",
        "/metrics",
    ]


def test_a_plain_server_says_how_to_begin_and_shows_no_key(site):
    page = Page(site.request("GET", "/").body)
    assert page.codes == [BEGIN]
    assert "Try it" not in page.text


def test_the_commands_to_begin_with_are_commands_of_turnout():
    for line in BEGIN.splitlines():
        program, *words = shlex.split(line)
        assert program == "turnout"
        command, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
        assert command.__module__.startswith("turnout.cli.")
        assert bound.args or bound.kwargs


def test_a_demo_shows_every_key_and_id_of_demo_json(demo_site):
    text = Page(demo_site.request("GET", "/").body).text
    for name, value in DEMO["registration"].items():
        assert name in text
        for choice in [value] if isinstance(value, str) else value:
            assert choice in text


def test_a_demos_page_is_not_stored(demo_site, site):
    assert demo_site.request("GET", "/").headers["cache-control"] == "no-store"
    assert site.request("GET", "/").headers["cache-control"] == "no-cache"
