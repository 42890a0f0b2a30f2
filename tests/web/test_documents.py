"""What every page and file has in common: headers, caching, links, and nothing from elsewhere."""

import io
import re

import pytest
from PIL import Image

from tests.web.reading import Page
from turnout.web.assets import asset_path, list_assets
from turnout.web.pages import ROBOTS

PAGES = ["/", "/reference", "/reference/registration"]
ASSETS = [asset_path(name) for name in list_assets()]
FILES = [*ASSETS, "/favicon.svg", "/robots.txt"]
SERVED = [*PAGES, "/openapi/registration.json", *FILES]


@pytest.mark.parametrize("path", SERVED)
def test_everything_is_served_with_a_strict_policy(site, path):
    answer = site.request("GET", path)
    assert answer.status == 200
    policy = dict(
        part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
    )
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "connect-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", SERVED)
def test_head_answers_like_get_without_the_body(site, path):
    got, head = site.request("GET", path), site.request("HEAD", path)
    numbers = ("x-request-id", "content-length")
    assert head.status == 200
    assert head.body == b""
    assert {n: v for n, v in head.headers.items() if n not in numbers} == {
        n: v for n, v in got.headers.items() if n not in numbers
    }


@pytest.mark.parametrize("path", SERVED)
def test_who_has_it_already_is_told_so(site, path):
    etag = site.request("GET", path).headers["etag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        again = site.request("GET", path, headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert site.request("GET", path, headers={"If-None-Match": '"other"'}).status == 200


@pytest.mark.parametrize("path", ASSETS)
def test_a_static_file_is_kept_forever_under_the_digest_of_its_content(site, path):
    answer = site.request("GET", path)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    other = re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", path)
    assert other != path
    assert site.request("GET", other).status == 404


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        (asset_path("reference.css"), "text/css; charset=utf-8"),
    ],
)
def test_content_types(site, path, content_type):
    assert site.request("GET", path).headers["content-type"] == content_type


def test_robots_are_kept_out_of_what_is_somebodys(site):
    assert site.request("GET", "/robots.txt").body == ROBOTS.encode()
    assert "Disallow: /my/" in ROBOTS
    assert "Disallow: /\n" not in ROBOTS


@pytest.mark.parametrize("path", [*PAGES, "/no/such/page"])
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing(site, path):
    page = Page(site.request("GET", path, headers={"Accept": "text/html"}).body)
    assert page.loads == ["/favicon.svg", asset_path("reference.css")]
    assert page.tags.isdisjoint({"script", "style", "iframe", "object", "embed", "img", "base"})
    assert "style" not in page.attributes
    assert [name for name in page.attributes if name.startswith("on")] == []


def test_style_sheets_load_nothing(site):
    sheet = site.request("GET", asset_path("reference.css")).body.decode()
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "@layer reset, tokens, base, components, pages;" in sheet


@pytest.mark.parametrize("path", [*PAGES, "/no/such/page"])
def test_every_link_of_a_page_leads_somewhere(site, path):
    page = Page(site.request("GET", path, headers={"Accept": "text/html"}).body)
    assert page.links
    for link in page.links:
        target, _, fragment = link.partition("#")
        assert not target or target.startswith(("/", "?lang="))
        if target.startswith("?"):  # the same page in another language
            again = site.request("GET", path + target, headers={"Accept": "text/html"})
            assert again.status == site.request("GET", path).status
        elif target:
            assert site.request("GET", target).status == 200, link
        if fragment:
            assert fragment in page.ids, link


@pytest.mark.parametrize("path", PAGES)
def test_ids_are_unique(demo_site, path):
    ids = Page(demo_site.request("GET", path).body).ids
    assert len(ids) == len(set(ids))


def test_the_icons_and_the_manifest_are_what_they_say(site):
    """Each at the address at which browsers and phones look for it, and of the size it names."""
    ico = site.request("GET", "/favicon.ico")
    assert (ico.status, ico.body[:4]) == (200, b"\0\0\1\0")
    touch = site.request("GET", "/apple-touch-icon.png")
    assert Image.open(io.BytesIO(touch.body)).size == (180, 180)
    manifest = site.request("GET", "/manifest.webmanifest")
    assert manifest.headers["content-type"] == "application/manifest+json"
    icons = manifest.json()["icons"]
    assert [icon["sizes"] for icon in icons] == ["any", "180x180"]
    for icon in icons:
        answer = site.request("GET", icon["src"])
        assert (answer.status, answer.headers["content-type"]) == (200, icon["type"])


def test_search_engines_find_organizations_and_nobodys_own(site):
    lines = site.request("GET", "/robots.txt").body.decode().splitlines()
    assert lines[0] == "User-agent: *"
    hidden = {line.removeprefix("Disallow: ") for line in lines[1:]}
    assert {"/my/", "/ticket/", "/waiting/", "/invitation/", "/watch/", "/console/"} <= hidden
    assert not hidden & {"/", "/o/", "/media/", "/og/"}
