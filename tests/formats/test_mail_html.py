"""Organizers' HTML as mails hold it: nothing that acts, styles inline, merge fields untouched."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnout.formats.mail_html import DEPTH, to_mail_html

HEAD = (
    '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
)


def body_of(source: str) -> str:
    page = to_mail_html(source)
    return page.partition('<body style="margin:0">\n')[2].removesuffix("\n</body>\n</html>\n")


def test_a_fragment_becomes_a_document() -> None:
    page = to_mail_html("<p>Hi %%name%%")
    assert page == f'{HEAD}</head>\n<body style="margin:0">\n<p>Hi %%name%%</p>\n</body>\n</html>\n'


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("<p onclick=x()>a<script>alert(1)</script></p>", "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ("<form action=/x><input name=a>b</form>", "b"),
        ("<iframe src=//x></iframe><object data=x></object><svg onload=x()>c</svg>", "c"),
        ("<!-- x --><p>a</p>", "<p>a</p>"),
        ('<meta http-equiv=refresh content="0;url=//x"><base href=//x><link rel=x href=//x>a', "a"),
        ("<title>no</title>a", "a"),
        # What stands in mails stays.
        ('<img src="cid:map.png" alt="Map">', '<img src="cid:map.png" alt="Map">'),
        ('<img src="https://a.test/x?a=1&amp;b=2">', '<img src="https://a.test/x?a=1&amp;b=2">'),
        ('<td width=5 bgcolor="#fff">a', "a"),
        (
            '<table border=0><tr><td width="5" bgcolor="#fff">a</table>',
            '<table border="0"><tbody><tr><td width="5" bgcolor="#fff">a</td></tr></tbody></table>',
        ),
        ("<body bgcolor='#eee' onload=x()>a</body>", '<div bgcolor="#eee">a</div>'),
        # Merge fields stay, wherever they are.
        ('<a href="%%unsubscribe%%">x</a>', '<a href="%%unsubscribe%%">x</a>'),
        (
            '<a href="https://%%host%%/?a=%%a b%%">x</a>',
            '<a href="https://%%host%%/?a=%%a b%%">x</a>',
        ),
        (
            '<p style="color:%%c%%">100%% sure %%x%%</p>',
            '<p style="color:%%c%%">100%% sure %%x%%</p>',
        ),
        # Styles go to the elements.
        ("<style>p{color:red}</style><p>a</p>", '<p style="color: red;">a</p>'),
        (
            '<style>.b{color:%%c%%}/* x */</style><p class="b" style="margin:0">a</p>',
            '<p class="b" style="color: %%c%%;margin: 0">a</p>',
        ),
    ],
)
def test_what_a_mail_holds(source: str, body: str) -> None:
    assert body_of(source) == body


def test_rules_for_screens_stay_in_a_sheet() -> None:
    sheet = (
        "@media (max-width:600px){p{color:blue}} a{color:red} @import url(//x); "
        "@media print{p{background:url(//x)}} @font-face{src:url(//x)} @media y{a{"
    )
    page = to_mail_html(f'<html lang="de"><style>{sheet}</style><a>x</a>')
    assert page.startswith('<!doctype html>\n<html lang="de">')
    assert re.findall("<style>\n(.*)\n</style>", page, re.DOTALL) == [
        "@media (max-width:600px){p{color:blue}}\n@media y{a{"
    ]
    assert '<a style="color: red;">x</a>' in page


def test_what_is_dear_to_inline_keeps_its_sheet() -> None:
    deep = "<div>" * (DEPTH + 1)
    many = "".join(f".c{n}{{color:red}}" for n in range(2000)) + "</style>" + "<p>x</p>" * 5000
    for source, sheet in (
        (f"<style>div{{color:red}}</style>{deep}x", "div{color:red}"),
        (f"<style>{many}", ".c1999{color:red}"),
        ("<style>p:has(b){color:red}</style><p>x</p>", "p:has(b){color:red}"),
    ):
        page = to_mail_html(source)
        assert f"{sheet}\n</style>" in page
        assert 'style="color' not in page
    # One that could fetch goes.
    assert "<style>" not in to_mail_html(f"<style>div{{background:url(//x)}}</style>{deep}x")


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 300_000,
        "<style>" + "p{color:red}" * 40_000 + "</style>" + "<p>x</p>" * 60_000,
        "<style>*{font-family:" + "x" * 1_000_000 + "}</style>" + "<p>x</p>" * 50_000,
        "<style>p:HAS(~ b){color:red}</style>" + "<p>x</p>" * 100_000,
        "<style>" + "@media{" * 150_000 + "</style>x",
        "<style>" + "@media" * 150_000 + "</style>x",
        "%%a%%" * 200_000,
        "<html " * 200_000,
        "<style>" * 150_000,
        "<style>" + "/*" * 500_000 + "</style>x",
    ],
    ids=range(10),
)
def test_hostile_html_takes_little_time(source: str) -> None:
    began = time.process_time()
    assert to_mail_html(source).endswith("</html>\n")
    assert time.process_time() - began < 8


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<style>",
        "</style>",
        "<b",
        ">",
        "%%",
        "a",
        "p{color:red}",
        "</body>",
        "<body>",
        "<!--",
        "-->",
        "<table>",
        "<td>",
        "'",
        '"',
        "=",
        " href=",
        "<a ",
        "@media x{",
        "}",
        "<svg>",
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_is_written_is_one_document_and_stays_so(source: str) -> None:
    page = to_mail_html(source)
    assert page.count("</html>") == page.count("</body>") == 1
    assert "<script" not in page
    assert body_of(page).count("<style") == 0
