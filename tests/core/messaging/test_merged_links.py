import html

import pytest

from turnout.core.messaging.merging import LONGEST, Template, TooLong

HARMFUL = (
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
)


def _merge(text: str, **fields: str) -> str:
    return Template(text, html.escape, is_html=True).merge(fields)


@pytest.mark.parametrize("value", HARMFUL)
@pytest.mark.parametrize(
    ("text", "merged"),
    [
        ('<a href="%%u%%">x</a>', '<a href="">x</a>'),
        ("<img src='%%U%%'>", "<img src=''>"),
        ('<a class="b" HREF = "%%u%%&amp;x">', '<a class="b" HREF = "&amp;x">'),
        ('<a href=" %%u%%">', '<a href=" ">'),
    ],
)
def test_a_link_takes_no_value_that_acts(text: str, merged: str, value: str) -> None:
    assert _merge(text, u=value) == merged


@pytest.mark.parametrize(
    "value",
    [
        "https://acme.example/a?b=c:d",
        "HTTP://acme.example",
        "mailto:jo@acme.example",
        "tel:+61412345678",
        "sms:+61412345678",
        "cid:logo.png",
        "//acme.example/x:y",
        "/page:2",
        "#part:2",
        "page",
        "",
    ],
)
def test_a_link_takes_the_addresses_that_people_write(value: str) -> None:
    assert _merge('<a href="%%u%%">', u=value) == f'<a href="{value}">'


def test_fields_together_bring_no_scheme_either() -> None:
    assert _merge('<a href="%%a%%%%b%%">', a="java", b="script:x") == '<a href="javascript%3Ax">'
    assert _merge('<a href="java%%a%%">', a="script:x") == '<a href="javascript%3Ax">'


def test_fields_behind_a_scheme_or_path_stay_as_they_are() -> None:
    text = '<a href="https://%%h%%/%%p%%"><a href="/x/%%p%%"><a href="?q=%%p%%">'
    merged = '<a href="https://h:8/javascript:1"><a href="/x/javascript:1">'
    assert _merge(text, h="h:8", p="javascript:1") == merged + '<a href="?q=javascript:1">'


def test_a_value_is_judged_only_where_it_is_an_address() -> None:
    text = '%%u%% <a href="%%u%%" title="%%u%%">%%u%%</a> %%u%%'
    expected = 'data:1 <a href="" title="data:1">data:1</a> data:1'
    assert _merge(text, u="data:1") == expected
    assert Template('<a href="%%u%%">').merge({"u": "data:1"}) == '<a href="data:1">'


def test_what_becomes_too_long_by_being_judged_is_not_made() -> None:
    with pytest.raises(TooLong):
        _merge('<a href="x%%u%%">', u=":" * (LONGEST // 2))


@pytest.mark.parametrize(
    "text", [' href="' * 200_000, " href" + " " * 500_000, ' href="%%a%%%%b%%' * 50_000]
)
def test_links_are_found_in_no_time(text: str) -> None:
    assert len(Template(text, html.escape, is_html=True).merge({})) <= len(text)
