"""A short real stream, made with ffmpeg, is watched in a browser: its seconds are in the report."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import list_schemes
from tests.support.debian import install_packages
from tests.support.node import WallClock, open_node
from tests.support.server import Server
from tests.web.test_browser import sign_in
from turnout.core.audience.links import find_registered, make_token
from turnout.core.audience.media import list_shows, set_media
from turnout.core.audience.model import MediaKind
from turnout.core.identity.organizations import get_organization
from turnout.store import system_clock

SECONDS = 12
HOUR_MS = 3_600_000
WATCHED_S = 4


class Media(SimpleHTTPRequestHandler):
    """Serves a folder to pages of other origins, as a delivery network does."""

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a playlist."""
    if not shutil.which("ffmpeg"):
        complaint = install_packages(["ffmpeg"], lambda: shutil.which("ffmpeg"))
        assert shutil.which("ffmpeg"), f"This test needs ffmpeg: install it. {complaint}"
    folder = tmp_path_factory.mktemp("stream")
    make_stream(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Media, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/live.m3u8"
    server.shutdown()
    thread.join()
    server.server_close()


def make_stream(folder: Path) -> None:
    subprocess.run(
        [
            *("ffmpeg", "-loglevel", "error", "-f", "lavfi"),
            *("-i", f"testsrc=duration={SECONDS}:size=160x90:rate=10"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"),
            *("-hls_time", "2", "-hls_list_size", "0", "-hls_playlist_type", "vod"),
            str(folder / "live.m3u8"),
        ],
        check=True,
        timeout=60,
    )


def take_seat(server: Server, url: str, email: str) -> tuple[str, str, str]:
    """Put the stream into the demo's webcast, live now; the watch page of a guest who has watched
    nothing, their address, and the event."""
    event_id = server.demo["reporting"]["eventId"]
    with open_node(f"sqlite:///{server.folder / 'turnout.db'}", clock=WallClock()) as node:
        org_id = node.db.call(get_organization, "rail-forum").org_id
        show = node.db.call(list_shows, org_id, event_id)[0]
        now = system_clock()
        node.db.call(
            set_media,
            org_id,
            show.session_id,
            MediaKind.HLS,
            url,
            live_from=now - HOUR_MS,
            live_until=now + HOUR_MS,
            actor="test",
        )
        viewer = node.db.call(find_registered, org_id, event_id, email)
        assert viewer
        token = node.db.call(make_token, org_id, viewer)
    return f"/watch/{show.pak}/{token}", email, str(event_id)


def read_report(server: Server, event_id: str, email: str) -> dict[str, Any]:
    member = server.demo["reporting"]
    login = f"/api/login/json?username={member['username']}&password={member['password']}"
    ids = server.ask("GET", login).json()["convey_api"]["result"]["success"]
    query = f"si={ids['sessionid']['value']}&ui={ids['userid']['value']}&ei={event_id}"
    tree = server.ask("GET", f"/api/reporting/audience_reports/json?{query}").json()
    attendees = tree["convey_api"]["result"]["success"]["attendee_list"]["attendee"]
    return next(attendee for attendee in attendees if attendee["email"] == email)


# A browser that plays streams itself, and one that needs hls.js for it.
@pytest.mark.parametrize(("number", "is_native"), [(1, True), (7, False)])
def test_the_seconds_of_a_real_stream_are_in_the_report(
    server: Server, browser: Browser, stream: str, number: int, is_native: bool
) -> None:
    path, email, event_id = take_seat(server, stream, f"viewer{number:02}@example.com")
    assert read_report(server, event_id, email)["session"] == {}
    with browser.new_context() as context:
        tab = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        if not is_native:
            tab.add_init_script("HTMLMediaElement.prototype.canPlayType = () => ''")
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(f"{server.url}{path}")
        tab.evaluate("const v = document.querySelector('video'); v.muted = true; v.play()")
        played = "document.querySelector('video').currentTime"
        deadline = time.monotonic() + 40
        while tab.evaluate(played) < WATCHED_S and time.monotonic() < deadline:
            tab.wait_for_timeout(100)
        assert tab.evaluate(played) >= WATCHED_S, said
        tab.get_by_label("Your question").fill("Is this live?")
        tab.get_by_role("button", name="Ask").click()
        tab.get_by_text("Your question was sent.").wait_for()
        assert tab.evaluate(played) >= WATCHED_S  # the film goes on
        tab.goto(f"{server.url}/")  # leaving sends what is left
        tab.wait_for_timeout(500)
        kept = tab.evaluate("JSON.stringify(localStorage)")
        tab.goto(f"{server.url}{path}")  # and coming back sends it again
        tab.wait_for_timeout(500)
        assert said == []
        assert any("/hls.light" in url for url in asked) != is_native
        assert find_violations(tab) == []
    assert "turnout-watch:" in kept
    attendee = read_report(server, event_id, email)
    parts = attendee["session"]["live_sessions_list"]["live_session"]
    assert WATCHED_S - 2 <= sum(part["duration"] for part in parts) <= SECONDS + 2
    assert {pair["question"] for pair in attendee["general_qa"]} == {"Is this live?"}


@pytest.mark.parametrize("is_native", [True, False])
def test_what_cannot_be_loaded_says_so_in_the_pages_language(
    server: Server, browser: Browser, is_native: bool
) -> None:
    path, _, _ = take_seat(server, "/nothing.m3u8", "viewer13@example.com")
    with browser.new_context() as context:
        tab = context.new_page()
        if not is_native:
            tab.add_init_script("HTMLMediaElement.prototype.canPlayType = () => ''")
        tab.goto(f"{server.url}{path}?lang=de")
        tab.get_by_text("konnte nicht geladen werden.").wait_for()
        again = tab.get_by_role("link", name="Noch einmal versuchen")
        assert again.get_attribute("href") == "?&lang=de"
        tab.get_by_label("Ihre Frage").fill("Wann?")
        tab.locator("#ask button").click()
        tab.locator("#ask [role=status]:focus").wait_for()
        assert "Vielen Dank" in tab.locator("#ask [role=status]").inner_text()


@pytest.mark.proof
@pytest.mark.parametrize("scheme", list_schemes(1))
def test_everybody_can_use_the_summary_and_the_way_in(
    server: Server, browser: Browser, scheme: Any
) -> None:
    member = server.demo["reporting"]
    path, _, _ = take_seat(server, "/nothing.m3u8", "viewer13@example.com")
    with browser.new_context(color_scheme=scheme) as context:
        tab = context.new_page()
        tab.goto(f"{server.url}/summary/{member['eventId']}")
        sign_in(tab, member["username"], member["password"])
        assert tab.get_by_role("heading", level=1).inner_text() == "The last metre, live"
        tab.evaluate("document.querySelectorAll('details').forEach((each) => each.open = true)")
        assert find_violations(tab) == []
        for width in (360, 1280):
            tab.set_viewport_size({"width": width, "height": 800})
            assert tab.evaluate("document.documentElement.scrollWidth") == width
        tab.goto(f"{server.url}{path.rpartition('/')[0]}")
        tab.get_by_label("E-mail address").fill("viewer13@example.com")
        tab.get_by_role("button", name="Send me a code").click()
        tab.get_by_text("it gets a code, at most three an hour").wait_for()
        assert find_violations(tab) == []
        proof.report("day and night", pages="summary", scheme=scheme)
