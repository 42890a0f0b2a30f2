"""Filling a text in, and rendering it as plain text and HTML."""

import html
import re

import pytest

from turnout.core.mails.composing import Filling, compose, unknown_fields
from turnout.core.mails.model import MailText
from turnout.core.messaging.merging import Template

HOSTILE = '<img src=x onerror=alert(1)> **b** [x](https://evil.example) %%email%% & "q"'
LINK = "https://events.example.com/ticket/1-AB?x=1&y=2"


def written(body: str, filling: Filling, **fields: str) -> tuple[str, str]:
    """The text and the HTML of the body, as somebody with these fields gets it."""
    composed = compose(MailText("S", body), filling, "en")
    page = re.search(r"overflow-wrap:anywhere\">\n(.*)\n</div>", composed.html, re.DOTALL)
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
    body = "[Open](%%ticket_link%%)\n%%ticket_link%%\n\n<%%ticket_link%%>"
    text, page = written(body, filling, ticket_link=LINK)
    assert text == f"Open: {LINK}\n{LINK}\n\n{LINK}\n"
    href = html.escape(LINK)
    own = f'<a href="{href}">{href}</a>'
    assert page == f'<p><a href="{href}">Open</a><br>\n{own}</p>\n<p>{own}</p>'


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
