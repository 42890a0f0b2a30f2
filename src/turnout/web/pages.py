"""The pages and documents, as they are served."""

from typing import Any

from turnout.http.dialect import Dialect
from turnout.web.catalogue import WebParts
from turnout.web.documents import DAY, NO_STORE, REVALIDATE, Document
from turnout.web.door.routes import DOOR
from turnout.web.openapi import load
from turnout.web.reference import read_reference
from turnout.web.templates import render

# What an operator does first where this is no demo.
BEGIN = """\
turnout org create acme --name 'Acme Ltd'
turnout token create acme --name website
turnout event create acme 'Party' --starts 2027-06-01T18:00 --ends 2027-06-01T23:00 --publish"""
# The pages of organizations and their events are found; nobody's own, and nothing for staff.
HIDDEN = ("console", "ticket", "my", "waiting", "invitation", "watch", "unsubscribe", "certificate")
ROBOTS = "User-agent: *\n" + "".join(f"Disallow: /{name}/\n" for name in HIDDEN)


def make_start_page(parts: WebParts) -> Document:
    """What this server is, its APIs, and in a demo what to try."""
    trials = parts.demo.trials if parts.demo else []
    page = render(
        "start.html",
        base_url=parts.base_url,
        apis=parts.apis,
        trials=trials,
        begin=BEGIN,
        event_page=parts.demo.event_path if parts.demo else "",
    )
    # The demo's page has a key in it.
    return Document.html(page, NO_STORE if trials else REVALIDATE)


def make_reference_page(parts: WebParts, api: Dialect[Any]) -> Document:
    """An API's reference, from its OpenAPI document; in a demo with the demo's key."""
    trials = parts.demo.trials if parts.demo else []
    secrets = next((trial.secrets for trial in trials if trial.api == api.name), {})
    reference = read_reference(load(api, parts.base_url), secrets)
    page = render("reference.html", api=api, reference=reference)
    return Document.html(page, NO_STORE if secrets else REVALIDATE)


def make_reference_list(parts: WebParts) -> Document:
    """The APIs that have a reference."""
    return Document.html(render("references.html", apis=(*parts.apis, DOOR)))


def make_openapi_list(parts: WebParts) -> Document:
    """The OpenAPI documents there are: `{"apis": [{"name", "title", "openapi", "reference"}]}`."""
    served = [
        {
            "name": api.name,
            "title": api.title,
            "openapi": f"{parts.base_url}/openapi/{api.name}.json",
            "reference": f"{parts.base_url}/reference/{api.name}",
        }
        for api in (*parts.apis, DOOR)
    ]
    return Document.json({"apis": served})


def make_openapi_document(parts: WebParts, api: Dialect[Any]) -> Document:
    """An API's OpenAPI document, with this server's address."""
    return Document.json(load(api, parts.base_url))


def make_robots() -> Document:
    """What is for search engines."""
    return Document.text(ROBOTS)


def make_manifest() -> Document:
    """What a phone shows of pages that somebody puts on its first screen."""
    icon = {"src": "/apple-touch-icon.png", "sizes": "180x180", "type": "image/png"}
    drawn = {"src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml"}
    colours = {"background_color": "#f8f6f0", "theme_color": "#0f3d36"}
    facts = {"name": "Turnout", "start_url": "/", "display": "browser", "icons": [drawn, icon]}
    manifest = Document.json(facts | colours, DAY)
    return manifest._replace(content_type="application/manifest+json")
