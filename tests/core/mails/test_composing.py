"""Filling a text in, and rendering it as plain text and HTML."""

import html
import re

import pytest

from turnout.core.mails.composing import Filling, compose, unknown_fields
from turnout.core.mails.model import MailText
from turnout.core.messaging.layout import BUTTON, MailBrand
from turnout.core.messaging.merging import Template
from turnout.formats.contrast import TEXT, contrast

HOSTILE = '<img src=x onerror=alert(1)> **b** [x](https://evil.example) %%email%% & "q"'
LINK = "https://events.example.com/ticket/1-AB?x=1&y=2"


def written(body: str, filling: Filling, **fields: str) -> tuple[str, str]:
    """The text and the HTML of the body, as somebody with these fields gets it."""
    composed = compose(MailText("S", body), filling, "en")
    page = re.search(
        r"word-break:break-word\">\n(.*)\n</td></tr>\n</table>", composed.html, re.DOTALL
    )
    assert page
    bare = re.sub(r' (?:dir|style)="[^"]*"', "", page[1])
    rel = ' rel="noopener noreferrer nofollow"'
    return (
        Template(composed.text).merge(fields),
        Template(bare.replace(rel, ""), html.escape).merge(fields),
    )


def test_what_an_event_says_is_never_markup() -> None:
    text, page = written("# %%event%%\n\nsee `%%event%%`", Filling({"event": HOSTILE}))
    broken = HOSTILE.replace("%%", "%\u2060%")
    assert text == f"{broken}\n\nsee {broken}\n"
    assert page == f"<h2>{html.escape(broken)}</h2>\n<p>see <code>{html.escape(broken)}</code></p>"


def test_what_a_person_says_is_never_markup() -> None:
    filling = Filling({}, merged={"first_name": "first_name"})
    text, page = written("Dear **%%first_name%%**", filling, first_name=HOSTILE)
    assert text == f"Dear {HOSTILE}\n"
    assert page == f"<p>Dear <strong>{html.escape(HOSTILE)}</strong></p>"


@pytest.mark.parametrize("filling", [
    Filling({}, links={"ticket_link": LINK}),
    Filling({}, merged={"ticket_link": "ticket_link"}),
])  # fmt: skip
def test_a_link_is_one_wherever_it_stands(filling: Filling) -> None:
    body = "See [Open](%%ticket_link%%)\nor %%ticket_link%%\n\nor <%%ticket_link%%>"
    text, page = written(body, filling, ticket_link=LINK)
    assert text == f"See Open: {LINK}\nor {LINK}\n\nor {LINK}\n"
    href = html.escape(LINK)
    own = f'<a href="{href}">{href}</a>'
    assert page == f'<p>See <a href="{href}">Open</a><br>\nor {own}</p>\n<p>or {own}</p>'


def test_lines_and_paragraphs_whose_fields_are_empty_are_left_out() -> None:
    body = (
        "%%event_date%%\n%%event_place%%\nOnline: %%event_online%%\nA, %%a%% %%event%%\n\n"
        "Watch it here:\n%%watch_links%%\n\nEnd"
    )
    filling = Filling(
        {"event_date": "Monday", "event_place": "", "event": "Fair"},
        merged={"a": "a"},
        empty=frozenset({"a"}),
    )
    text, page = written(body, filling)
    assert text == "Monday\nA,  Fair\n\nEnd\n"
    assert page == "<p>Monday<br>\nA,  Fair</p>\n<p>End</p>"


def test_links_to_watch_are_titles_with_fields() -> None:
    filling = Filling({}, watch=[("Hall [1]", "watch_link_1"), ("*2*", "watch_link_2")])
    text, page = written(
        "Here:\n%%watch_links%%", filling, watch_link_1="https://a.example", watch_link_2=LINK
    )
    assert text == f"Here:\nHall [1]: https://a.example\n*2*: {LINK}\n"
    assert page == (
        '<p>Here:<br>\n<a href="https://a.example">Hall [1]</a><br>\n'
        f'<a href="{html.escape(LINK)}">*2*</a></p>'
    )


def test_a_message_keeps_its_lines() -> None:
    text, page = written("%%message%%", Filling({"message": "One\n<two>\n\n- three"}))
    assert text == "One\n<two>\n\n- three\n"
    assert page == "<p>One<br>\n&lt;two&gt;<br>\n<br>\n- three</p>"


def test_letters_of_private_use_are_no_way_around() -> None:
    filling = Filling({"event": "A\ue001", "organizer": "secret"})
    text, page = written("\ue000%%event%%\ue001 %%organizer%%", filling)
    assert (text, page) == ("A secret\n", "<p>A secret</p>")


def test_a_subject_is_one_line() -> None:
    filling = Filling({"event": "A\r\nBcc: x\n %%b%%"}, merged={"name": "name"})
    composed = compose(MailText("For %%name%%: %%event%%", "x"), filling, "de")
    assert composed.subject == "For %%name%%: A Bcc: x %\u2060%b%\u2060%"
    assert '<html lang="de">' in composed.html


def test_a_field_that_is_none_is_known_in_any_spelling() -> None:
    text = MailText("%%Name%%", "%%name%% %%Ticket Link%% 100%% sure %%ünlü%%")
    assert unknown_fields(text, ["name"]) == ["ticket link", "ünlü"]


ORGANIZER = MailBrand("Acme & <Sons>", "#0A7d5c", "https://x.example/1.webp", "Logo of Acme & Co")


@pytest.mark.parametrize(
    ("colour", "shown"), [("#0A7d5c", "#0A7d5c"), ("", "#0f3d36"), ('#fff"><b', "#0f3d36")]
)
def test_the_page_stands_below_the_organizers_stripe(colour: str, shown: str) -> None:
    filling = Filling({}, brand=ORGANIZER._replace(colour=colour))
    page = compose(MailText("Hi", "Hello."), filling, "en").html
    assert f'bgcolor="{shown}"' in page
    assert "Acme &amp; &lt;Sons&gt;" in page
    assert '<img src="https://x.example/1.webp" alt="Logo of Acme &amp; Co"' in page
    # Without a logo there is no picture, without an organizer no stripe; the text part has neither.
    bare = compose(MailText("Hi", "Hello."), Filling({}, brand=MailBrand("Acme")), "en")
    assert "<img" not in bare.html
    assert "bgcolor" not in compose(MailText("Hi", "Hello."), Filling({}), "en").html
    assert compose(MailText("Hi", "Hello."), filling, "en").text == "Hello.\n"


def button_of(page: str) -> tuple[str, str] | None:
    found = re.findall(r'class="b".*?<a href="([^"]*)"[^>]*>([^<]*)</a>', page, re.DOTALL)
    assert len(found) <= 1
    assert BUTTON not in page
    return found[0] if found else None


@pytest.mark.parametrize(("body", "button"), [
    ("Here:\n%%ticket_link%%", ("%%ticket_link%%", "Show the ticket")),
    ("See %%event_link%%\n\n%%event_link%%\n%%ticket_link%%\nEnd",
     ("%%ticket_link%%", "Show the ticket")),
    ("%%event_link%%", (LINK.replace("&", "&amp;"), "See the event")),
    ("[My <ticket>](%%ticket_link%%)", ("%%ticket_link%%", "My &lt;ticket&gt;")),
    ("Your page: %%my_link%%", ("%%my_link%%", "Open your own page")),
    ("%%event_link%%\n\nYour page: %%my_link%%", (LINK.replace("&", "&amp;"), "See the event")),
    ("Online: %%event_link%%", None),
    ("%%offer_link%%", None),
    (f"{BUTTON}[{BUTTON}x](https://a.example)\n\n%%event%%", None),
])  # fmt: skip
def test_the_main_link_with_a_line_to_itself_is_a_button(
    body: str, button: tuple[str, str] | None
) -> None:
    merged = {"ticket_link": "ticket_link", "my_link": "my_link"}
    filling = Filling({"event": f"{BUTTON}Fair"}, {"event_link": LINK}, merged)
    composed = compose(MailText("S", body), filling, "en")
    assert button_of(composed.html) == button
    # It takes nothing from the text beside, nor puts anything there.
    assert composed.text == compose(MailText("S", body), filling, "de").text
    assert BUTTON not in composed.text


def test_words_around_a_button_stay_in_their_order() -> None:
    _, page = written(
        "Show it:\n%%ticket_link%%\nor not.", Filling({}, links={"ticket_link": LINK})
    )
    text = " ".join(re.sub("<[^>]*>", " ", page).split())
    assert text == "Show it: Show the ticket or not."


@pytest.mark.parametrize("colour", ["#ffffff", "#000000", "#ffc94d", "#ff0000", "#7f7f7f"])
def test_any_organizers_button_can_be_read_in_light_and_dark(colour: str) -> None:
    brand = ORGANIZER._replace(colour=colour)
    filling = Filling({}, {"event_link": LINK}, brand=brand)
    page = compose(MailText("S", "%%event_link%%"), filling, "en").html
    pairs = re.findall(r"background-color:(#\w{6})(?:!important)?;color:(#\w{6})", page)
    assert len(pairs) == 4  # the logo's plate, the button and its cell, both in the dark
    for ground, ink in pairs:
        assert contrast(ground, ink) >= TEXT
