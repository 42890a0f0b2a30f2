"""The watch page in a browser: captions, chapters, votes, results and the lobby; and axe on it."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.support import proof
from tests.support.axe import find_violations
from tests.support.chromium import open_browser
from tests.support.day_and_night import list_schemes
from tests.support.node import WallClock, open_node
from tests.support.server import Server
from turnout.core.audience.asking import ask_question
from turnout.core.audience.captions import set_captions
from turnout.core.audience.chapters import read_chapters, set_chapters
from turnout.core.audience.links import find_registered, make_token
from turnout.core.audience.media import list_shows, set_media
from turnout.core.audience.model import MediaKind
from turnout.core.audience.presenting import publish_question
from turnout.core.audience.surveys import Item, create_survey
from turnout.core.identity.organizations import get_organization
from turnout.store import system_clock
from turnout.web.assets import asset_path

HOUR_MS = 3_600_000
VTT = b"WEBVTT\n\n00:00.000 --> 00:30.000\nGuten Morgen\n"
SIZES: dict[str, Any] = {
    "light": {"width": 1280, "height": 800},
    "dark": {"width": 390, "height": 844},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


class Seat:
    """A guest's place at the demo's webcast, whose sessions show a film of this server."""

    def __init__(self, server: Server, *, begins: int) -> None:
        event_id = server.demo["reporting"]["eventId"]
        with open_node(f"sqlite:///{server.folder / 'turnout.db'}", clock=WallClock()) as node:
            call = node.db.call
            org_id = call(get_organization, "rail-forum").org_id
            show = call(list_shows, org_id, event_id)[0]
            named = (org_id, show.session_id)
            times: dict[str, Any] = {
                "live_from": system_clock() + begins,
                "live_until": system_clock() + begins + HOUR_MS,
            }
            film = asset_path("demo.mp4")
            call(set_media, *named, MediaKind.MP4, film, **times, actor="test")
            call(set_captions, *named, "de", VTT, actor="test")
            chapters = read_chapters(["0:00 Abfahrt", "0:02 Ankunft"])
            call(set_chapters, *named, chapters, actor="test")
            viewer = call(find_registered, org_id, event_id, "viewer13@example.com")
            other = call(find_registered, org_id, event_id, "viewer01@example.com")
            assert viewer
            assert other
            asked = call(ask_question, org_id, other, show.session_id, f"Warum {begins}?")
            call(publish_question, org_id, event_id, asked.id, is_published=True, actor="test")
            item = Item("War es laut?", ("Ja", "Nein"))
            call(
                create_survey,
                org_id,
                event_id,
                f"Ton {begins}",
                (item,),
                session_id=show.session_id,
                is_poll=True,
                actor="test",
            )
            token = call(make_token, org_id, viewer)
        self.url = f"{server.url}/watch/{show.pak}/{token}?lang=de"
        self.question, self.poll = f"Warum {begins}?", f"Ton {begins}"
        self.has_voted = False


@pytest.fixture(scope="module")
def recorded(server: Server) -> Seat:
    return Seat(server, begins=-2 * HOUR_MS)


@pytest.mark.proof
@pytest.mark.parametrize("scheme", list_schemes(0))
def test_a_recording_has_captions_chapters_votes_and_results(
    recorded: Seat, browser: Browser, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[scheme])
    tab = context.new_page()
    said: list[str] = []
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(recorded.url)
    shown = """() => {
        const track = document.querySelector("video").textTracks[0];
        return track.mode === "showing" && track.cues?.length ? track.cues[0].text : "";
    }"""
    tab.wait_for_function(shown)
    assert tab.evaluate(shown) == "Guten Morgen"
    expect(tab.get_by_role("heading", name="Kapitel")).to_be_visible()
    tab.get_by_role("button", name="Ankunft").press("Enter")
    tab.wait_for_function("() => document.querySelector('video').currentTime >= 2")
    # Who votes sees how others did, and has one vote for a question.
    expect(tab.get_by_text("Stimmen: 1")).to_have_count(1 if recorded.has_voted else 0)
    poll = tab.locator("#asking section", has=tab.get_by_role("heading", name=recorded.poll))
    poll.get_by_label("Ja").check()
    poll.get_by_role("button", name="Abstimmen").press("Enter")
    # The answer's own words: a guest who voted before sees the counts of then at once.
    expect(poll.get_by_role("status")).to_be_visible()
    expect(tab.get_by_text("Stimmen: 1")).to_be_visible()
    recorded.has_voted = True
    expect(tab.locator(".results li").first).to_contain_text("100 %")
    wanted = tab.get_by_role("listitem").filter(has_text=recorded.question).get_by_role("button")
    before = wanted.get_attribute("aria-pressed")
    tab.get_by_label("Ihre Frage").fill("Und wann")
    wanted.press("Enter")
    expect(wanted).to_have_attribute("aria-pressed", "false" if before == "true" else "true")
    # The question that is being typed stays.
    expect(tab.get_by_label("Ihre Frage")).to_have_value("Und wann")
    assert find_violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == SIZES[scheme]["width"]
    assert said == []
    context.close()
    proof.report("day and night", pages="recording", scheme=scheme)


def test_a_late_answer_takes_nothing_back(recorded: Seat, browser: Browser) -> None:
    """The poll's answer is held up; the vote that follows it must stand at the end."""
    context = browser.new_context()
    tab = context.new_page()
    answered: list[str] = []

    def hold(route: Route) -> None:
        act = parse_qs(route.request.post_data or "")["do"][0].partition("-")[0]
        answer = route.fetch()
        for _ in range(50 if act == "answer" else 0):  # a second at most: another may not come
            if answered:
                break
            tab.wait_for_timeout(20)
        route.fulfill(response=answer)
        answered.append(act)

    tab.route("**/watch/**", lambda route: hold(route) if is_form(route) else route.continue_())
    tab.goto(recorded.url)
    poll = tab.locator("#asking section", has=tab.get_by_role("heading", name=recorded.poll))
    poll.get_by_label("Ja").check()
    wanted = tab.get_by_role("listitem").filter(has_text=recorded.question).get_by_role("button")
    turned = "false" if wanted.get_attribute("aria-pressed") == "true" else "true"
    buttons = [
        one.element_handle() for one in (poll.get_by_role("button", name="Abstimmen"), wanted)
    ]
    tab.evaluate("both => { for (const one of both) one.form.requestSubmit(one); }", buttons)
    while len(answered) < 2:
        tab.wait_for_timeout(20)
    expect(poll.get_by_role("status")).to_have_count(0)
    tab.wait_for_timeout(300)  # what comes late would be drawn by now
    expect(wanted).to_have_attribute("aria-pressed", turned)
    assert answered[0] == "answer"
    context.close()


def is_form(route: Route) -> bool:
    """Whether a form is sent, not a heartbeat."""
    return "form-urlencoded" in route.request.headers.get("content-type", "")


def test_somebody_who_comes_back_goes_on_where_they_left_off(
    recorded: Seat, browser: Browser
) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(recorded.url)
    session = tab.locator("#player").get_attribute("data-session")
    tab.evaluate(f"localStorage.setItem('turnout-place:{session}', '75')")
    tab.goto(recorded.url)
    offer = tab.get_by_role("button", name="1:15")
    expect(offer).to_be_visible()
    offer.press("Enter")
    expect(offer).to_be_hidden()
    # A place is forgotten sixty days after it was left, and not before.
    ago = "Date.now() - {} * 24 * 3600 * 1000"
    for number, days in ((1, 59), (2, 61)):
        place = f"`30 ${{{ago.format(days)}}}`"
        tab.evaluate(f"localStorage.setItem('turnout-place:{number}', {place})")
    tab.goto(recorded.url)
    tab.wait_for_function("!localStorage.getItem('turnout-place:2')")
    assert tab.evaluate("!!localStorage.getItem('turnout-place:1')")
    context.close()


@pytest.mark.proof
@pytest.mark.parametrize("scheme", list_schemes(1))
def test_the_lobby_counts_down_and_checks_the_device(
    server: Server, browser: Browser, scheme: Any
) -> None:
    seat = Seat(server, begins=HOUR_MS)
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[scheme])
    tab = context.new_page()
    tab.goto(seat.url)
    expect(tab.get_by_role("timer")).to_contain_text("Beginnt in 0:59:5")
    for check in ("script", "media", "clock"):
        expect(tab.locator(f"[data-check={check}] [data-good]")).to_be_visible()
    expect(tab.get_by_role("button", name="Testton abspielen")).to_be_visible()
    expect(tab.get_by_text("Untertitel: Deutsch")).to_be_visible()
    expect(tab.locator("[data-by-itself]")).to_be_visible()
    assert find_violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == SIZES[scheme]["width"]
    context.close()


def test_the_lobby_becomes_the_player_when_it_begins(server: Server, browser: Browser) -> None:
    seat = Seat(server, begins=6_000)
    context = browser.new_context()
    tab = context.new_page()
    tab.add_init_script("Math.random = () => 0")
    tab.goto(seat.url)
    expect(tab.get_by_role("timer")).to_be_visible()
    expect(tab.locator("video")).to_be_visible(timeout=20_000)
    context.close()
