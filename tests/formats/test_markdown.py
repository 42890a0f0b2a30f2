"""Markdown becomes HTML that can do nothing on a page."""

import re

import pytest

from turnout.formats.markdown import to_html, to_plain

OWN = f"/media/10001-{'ab' * 32}-800.webp"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("  \n ", ""),
        ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("# Big\n\n##### Small", "<h2>Big</h2>\n<h6>Small</h6>"),
        ("###### Least", "<h6>Least</h6>"),
        (
            "[here](https://example.org/?a=1&b=2)",
            '<p><a href="https://example.org/?a=1&amp;b=2" '
            'rel="noopener noreferrer nofollow">here</a></p>',
        ),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>'),
        (f"![us]({OWN})", f'<p><img src="{OWN}" alt="us"></p>'),
        ('![a <b> "c"](https://evil.example/x.png)', '<p>a &lt;b&gt; "c"</p>'),
        (
            "|a|\n|-|\n|b|",
            '<div class="scroll" tabindex="0"><table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n'
            "<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table></div>",
        ),
        ("Food & <b>music</b>", "<p>Food &amp; &lt;b&gt;music&lt;/b&gt;</p>"),
    ],
)
def test_it_reads_as_it_should(text: str, html: str) -> None:
    assert to_html(text) == html


HOSTILE = [
    '<div class="notice" tabindex="1">x</div>',
    '[a](https://x.example "<table>")\n\n|a|\n|-|\n|<table>|',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:msgbox)",
    "[a]: javascript:alert(1)\n\n[a]",
    '[a](https://x.example "onclick=alert(1)")',
    '[a](https://x.example/"onmouseover="alert(1))',
    "<a href='javascript:alert(1)'>x</a>",
    "![x](https://evil.example/p.gif)",
    "![x](//evil.example/p.gif)",
    "![x](/outbox)",
    f"![x]({OWN}/../../outbox)",
    "![x][1]\n\n[1]: http://evil.example/p.gif",
    "![![x](https://evil.example/1)](https://evil.example/2)",
    "<https://evil.example/<script>>",
    "<svg onload=alert(1)>",
    "<style>@import 'https://evil.example'</style>",
    "| <script> |\n|---|\n| <iframe src=//evil.example> |",
    "```<script>\n</code></pre><script>alert(1)</script>\n```",
    "\x1b]8;;https://evil.example\x07x",
]
ALLOWED = re.compile(
    r"</?(?:h[2-6]|p|br|hr|blockquote|pre|ol|ul|li|em|strong|s|del|code|table|thead|tbody|tr|th|td)>"
    r'|<div class="scroll" tabindex="0">|</div>'
    r'|<ol start="\d+">|</a>'
    r'|<a href="(?:https?:|mailto:|tel:)[^"<>]*"(?: title="[^"<>]*")?'
    r' rel="noopener noreferrer nofollow">'
    r'|<img src="/media/\d+-[0-9a-f]{64}-(?:800|1600)\.webp" alt="[^"<>]*">'
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_hostile_is_text(text: str) -> None:
    rest = ALLOWED.sub("", to_html(text))
    assert "<" not in rest
    assert ">" not in rest


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "![](",
        "*a ",
        "a**",
        "`",
        "> ",
        "- ",
        "_a__",
        "<",
        "&#",
        "~~a",
        "[a](",
        "|a",
        "\\",
        "**",
    ],
)
def test_long_rubbish_is_bounded(piece: str) -> None:
    """Time is not measured: quadratic work on these would run into the time-out of the test."""
    assert len(to_html((piece * 20_000)[:20_000])) < 1_000_000


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("", ""),
        ("a *b* **c** ~~d~~ `e` & <b>f</b>", "a b c d e & <b>f</b>"),
        ("# Big\n\none\ntwo", "Big\n\none\ntwo"),
        ("Bring:\n\n- pens\n- *paper*\n\nThanks", "Bring:\n- pens\n- paper\n\nThanks"),
        ("2. two\n3. three", "2. two\n3. three"),
        ("[here](https://example.org/?a=1)", "here (https://example.org/?a=1)"),
        ("<https://example.org/x>", "https://example.org/x"),
        ("<all@example.org>", "all@example.org"),
        ("```\ncode\n```", "code"),
        (f"![us]({OWN})", "us"),
    ],
)
def test_markdown_is_read_by_those_who_know_none(text: str, plain: str) -> None:
    assert to_plain(text) == plain
