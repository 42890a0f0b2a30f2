"""All routes of the door, its pages and its API, on one screen."""

from pathlib import Path
from typing import NamedTuple

from turnout.http.dialect import Dialect, DialectApp, mount_all, new_app
from turnout.http.mounts import Mount
from turnout.http.outbound import Outbound
from turnout.web.door import api
from turnout.web.door.badges import BadgeResource, PrintResource
from turnout.web.door.failures import DoorLanguage, present_door_failure
from turnout.web.door.keys import DoorKeys
from turnout.web.door.news import NewsResource
from turnout.web.door.pages import DoorResource, PairLinkResource, PairResource
from turnout.web.door.shell import ManifestResource, ScanResource, WorkerResource

PREFIX = "/door/api"


def add_door(app: DialectApp, keys: DoorKeys) -> None:
    """Add the pages of phones at the door."""
    app.add_route("/door", DoorResource(keys))
    app.add_route("/door/scan", ScanResource())
    app.add_route("/door/sw.js", WorkerResource())
    app.add_route("/door/manifest.webmanifest", ManifestResource())
    app.add_route("/door/pair", PairResource(keys))
    app.add_route("/door/pair/{token}", PairLinkResource(keys))


class DoorParts(NamedTuple):
    """What the door's API stands on."""

    keys: DoorKeys
    outbound: Outbound


def mount_door_api(parts: DoorParts) -> list[Mount]:
    """The door's API, which answers in JSON."""
    app, keys = new_app(present_door_failure), parts.keys
    app.add_middleware(DoorLanguage())
    for path, resource in {
        "state": api.StateResource(keys),
        "scan": api.ActResource(keys, api.scan),
        "look": api.ActResource(keys, api.look),
        "readings": api.ReadingsResource(keys),
        "undo": api.ActResource(keys, api.undo),
        "let-in": api.ActResource(keys, api.let),
        "leave": api.ActResource(keys, api.leave),
        "sign": api.ActResource(keys, api.sign_here),
        "paid": api.ActResource(keys, api.pay_here),
        "walk-in": api.WalkInResource(keys),
        "search": api.SearchResource(keys),
        "snapshot": api.SnapshotResource(keys),
        "changes": api.ChangesResource(keys),
        "news": NewsResource(keys),
        "offline": api.OfflineResource(keys),
        "badge": BadgeResource(keys),
        "print": PrintResource(keys, parts.outbound),
    }.items():
        app.add_route(f"{PREFIX}/{path}", resource)
    return mount_all(DOOR.name, app, PREFIX)


DOOR: Dialect[DoorParts] = Dialect(
    name="door",
    title="Door",
    base_path=PREFIX,
    summary="Phones and scanners at the door, also without a network.",
    document=Path(__file__).with_name("openapi.yaml"),
    build=mount_door_api,
)
