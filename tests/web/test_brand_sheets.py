"""The sheet of an organizer's colour: at an address that says its content."""

import re

from tests.support.client import AppClient
from turnout.web.assets import FOLDER
from turnout.web.brand_sheets import brand_path

TEMPLATES = FOLDER.parent / "templates"
PUBLIC = ("public", "event", "organization", "series", "legal_links")


def test_a_colour_has_a_sheet_that_is_kept_for_good(site: AppClient) -> None:
    answer = site.request("GET", brand_path("#23408F"))
    assert (answer.status, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert b"--brand:#23408f;" in answer.body
    older = re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", brand_path("#23408f"))
    again = site.request("GET", older)
    assert (again.body, again.headers["cache-control"]) == (answer.body, "no-cache")


def test_nothing_else_is_there(site: AppClient) -> None:
    for name in ("x", "zzzzzz.000000000000.css", "23408f.css"):
        assert site.request("GET", f"/static/brand/{name}").status == 404


def test_every_class_of_public_pages_is_defined() -> None:
    sheets = "".join((FOLDER / name).read_text() for name in ("turnout.css", "public.css"))
    defined = set(re.findall(r"\.([a-z][a-z0-9-]*)", sheets))
    used = set()
    for path in TEMPLATES.glob("*.html"):
        if path.name.startswith(PUBLIC):
            for value in re.findall(r'class="([^"{}]*)"', path.read_text()):
                used |= set(value.split())
    assert used - defined == set()
