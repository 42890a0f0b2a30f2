"""An event's page in a frame on other sites: `/{slug}/{event number}/embed`.

Only sites that the organization lists may frame it (core/identity/profiles.py); a browser refuses
it to all others. It is the event's page without what a site has itself, and does the same. Links
lead out of the frame, for no other page of ours may be in one. Without scripts a site writes the
frame itself; with `/embed.js` it grows with its content.
"""

from html import escape
from typing import NamedTuple

from falcon.asgi import Response

from turnout.web.event_page import FoundEvent
from turnout.web.events import EventResource
from turnout.web.policy import set_policy

SCRIPT = "/embed.js"


class EmbedLines(NamedTuple):
    """What organizers copy into their own site: with the script, and without it."""

    script: str
    frame: str


class EmbedResource(EventResource):
    """`/{slug}/{event number}/embed`."""

    template = "embed.html"
    is_framed = True

    def allow(self, resp: Response, found: FoundEvent) -> None:
        """Let the sites show it that the organization lists."""
        set_policy(resp, {"frame-ancestors": " ".join(found.profile.embedded_on) or "'none'"})


def make_lines(base_url: str, path: str, title: str) -> EmbedLines:
    """The lines for the event's page at `path`; its `title` names the frame to screen readers."""
    address, name = f"{base_url}{path}", escape(title)
    script = f'<script src="{base_url}{SCRIPT}" data-event="{path}" async></script>'
    link = f'<a href="{address}">{name}</a>'
    frame = f'<iframe src="{address}/embed" title="{name}" width="100%" height="1200"></iframe>'
    return EmbedLines(f"{script}\n<noscript>{link}</noscript>", frame)
