"""`/door/scan`: the page that scans, and what keeps it working without a network.

The page is the same for every phone: who it is, it asks the API. A service worker keeps the page
and its files together as one version. A newer version is fetched in the background, and begins when
the page is closed everywhere, so never in the middle of a shift. The worker claims the page that
installed it: the next version waits for no page that has no worker.
"""

import hashlib
import json
from functools import cache

import falcon
from falcon.asgi import Request, Response

from turnout.catalogue.translations import label
from turnout.http.dialect import Resource
from turnout.web.assets import asset_path
from turnout.web.documents import REVALIDATE
from turnout.web.languages import language
from turnout.web.page_cache import EVERYBODYS
from turnout.web.policy import set_policy
from turnout.web.templates import render

PAGE = "/door/scan"
ASSETS = (
    "turnout.css",
    "door.css",
    "door.js",
    "door-store.js",
    "idb.js",
    "door-judge.js",
    "door-search.js",
    "door-keys.js",
    "barcode-detector.min.js",
    "noble-ed25519.js",
    "zxing.wasm",
)
# What the script puts into the words; here each stands for itself.
FACTS = {
    name: f"{{{name}}}"
    for name in (
        *("amount", "at", "conflicts", "count", "device", "event", "first", "gate"),
        *("days", "gates", "minutes", "name", "one", "second", "text", "two"),
    )
}
POLICY = {"script-src": "'self' 'wasm-unsafe-eval'"}
_BEGINS = "door_page."
# What the page's script says.
SPOKEN = (
    "door_page.admit",
    "door_page.admit_all",
    "door_page.again_no_gate",
    "door_page.another_phone",
    "door_page.again_why",
    "door_page.agree",
    "door_page.agreed",
    "door_page.ask_why",
    "door_page.badge",
    "door_page.badge_own",
    "door_page.badge_sent",
    "door_page.camera_denied",
    "door_page.cancelled_guest",
    "door_page.cancelled_name",
    "door_page.cancelled_program",
    "door_page.cancelled_server",
    "door_page.cancelled_staff",
    "door_page.check_in",
    "door_page.clock",
    "door_page.conflict",
    "door_page.conflict_paid",
    "door_page.conflict_paid_only",
    "door_page.conflict_wrong",
    "door_page.deleted_long",
    "door_page.deleted_over",
    "door_page.elsewhere_why",
    "door_page.find",
    "door_page.forged_why",
    "door_page.found",
    "door_page.full",
    "door_page.go_to",
    "door_page.group",
    "door_page.held",
    "door_page.in_at",
    "door_page.left",
    "door_page.listening",
    "door_page.layout_found",
    "door_page.layout_own",
    "door_page.loading",
    "door_page.mode_in",
    "door_page.mode_out",
    "door_page.needs_network",
    "door_page.unread",
    "door_page.no_badge",
    "door_page.no_camera",
    "door_page.not_door",
    "door_page.not_in",
    "door_page.not_listening",
    "door_page.no_snapshot",
    "door_page.not_persisted",
    "door_page.of",
    "door_page.of_at",
    "door_page.offline",
    "door_page.open_send",
    "door_page.open_take",
    "door_page.other_day_why",
    "door_page.other_event_unknown",
    "door_page.other_event_why",
    "door_page.offline_one",
    "door_page.signed_out_one",
    "door_page.out_sure",
    "door_page.out_sure_one",
    "door_page.outside_why",
    "door_page.paid",
    "door_page.paid_before",
    "door_page.paid_amount",
    "door_page.persisted",
    "door_page.point",
    "door_page.provisional",
    "door_page.read",
    "door_page.read_as",
    "door_page.ready",
    "door_page.reason_missing",
    "door_page.refused",
    "door_page.sending",
    "door_page.sending_one",
    "door_page.sent",
    "door_page.signed_out",
    "door_page.signed_out_none",
    "door_page.strays",
    "door_page.strays_one",
    "door_page.undo_refused",
    "door_page.undo_refused_way",
    "door_page.undone",
    "door_page.undone_left",
    "door_page.undone_returned",
    "door_page.undone_paid",
    "door_page.undone_stays",
    "door_page.unknown",
    "door_page.unclear_why",
    "door_page.unpaid_send",
    "door_page.unpaid_take",
    "door_page.verdict_admitted",
    "door_page.verdict_again",
    "door_page.verdict_ask",
    "door_page.verdict_cancelled",
    "door_page.verdict_elsewhere",
    "door_page.verdict_fault",
    "door_page.verdict_forged",
    "door_page.verdict_left",
    "door_page.verdict_look",
    "door_page.verdict_other_day",
    "door_page.verdict_other_event",
    "door_page.verdict_outside",
    "door_page.verdict_returned",
    "door_page.verdict_unclear",
    "door_page.verdict_unknown",
    "door_page.verdict_unpaid",
)
MANIFEST = {
    "start_url": PAGE,
    "scope": "/door",
    "display": "standalone",
    "background_color": "#0a1f1c",
    "theme_color": "#0a1f1c",
    "icons": [
        {"src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any"},
        *(
            {
                "src": asset_path(f"icon-{size}.png"),
                "type": "image/png",
                "sizes": f"{size}x{size}",
                "purpose": "any maskable",
            }
            for size in (192, 512)
        ),
    ],
}
WORKER = """\
const VERSION = %s;
const FILES = %s;
const PAGE = %s;
addEventListener("install", (event) => event.waitUntil(
  caches.open(VERSION).then((cache) => cache.addAll([PAGE, ...FILES]))));
addEventListener("activate", (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(
    names.filter((name) => name.startsWith("door-") && name !== VERSION)
      .map((name) => caches.delete(name)))).then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !(pathname === PAGE || FILES.includes(pathname))) return;
  event.respondWith(caches.open(VERSION).then((cache) => cache.match(pathname))
    .then((kept) => kept ?? fetch(event.request)));
});
"""


class ScanResource(Resource):
    """`/door/scan`."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """The page, in the visitor's language; nothing in it is anybody's own, so it is sent
        compressed to phones with a cookie, too."""
        set_policy(resp, POLICY)
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", EVERYBODYS)
        resp.set_header("Vary", "Accept-Language")
        resp.text = _render_page(language.get())


class WorkerResource(Resource):
    """`/door/sw.js`: the service worker of `/door/`."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """The worker; another version where a file or a word of the page is another."""
        files = [asset_path(name) for name in ASSETS]
        made = hashlib.sha256("".join((*files, _render_page(language.get()))).encode())
        version = json.dumps(f"door-{made.hexdigest()[:16]}")
        resp.content_type = "text/javascript; charset=utf-8"
        resp.set_header("Cache-Control", REVALIDATE)
        resp.set_header("Vary", "Accept-Language")
        resp.text = WORKER % (version, json.dumps(files), json.dumps(PAGE))


class ManifestResource(Resource):
    """`/door/manifest.webmanifest`."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """What a phone that installs the page needs to know, in its language."""
        resp.content_type = "application/manifest+json"
        resp.set_header("Cache-Control", REVALIDATE)
        resp.set_header("Vary", "Accept-Language")
        spoken = language.get()
        title = label(spoken, "door_page.title")
        said = {"name": f"Turnout: {title}", "short_name": title, "lang": spoken}
        resp.text = json.dumps(said | MANIFEST)


@cache
def _render_page(spoken: str) -> str:
    words = {code.removeprefix(_BEGINS): label(spoken, code, **FACTS) for code in SPOKEN}
    return render("door/scan.html", words=words)
