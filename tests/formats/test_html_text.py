"""HTML as plain text: what readers of text get of a mail."""

import time

import pytest

from turnout.formats.html_text import to_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("plain\n  words", "plain words"),
        ("<ul><li>one<li>two</ul>after", "- one\n- two\nafter"),
        ('<a href="https://x.org/?a=1&amp;b=2">here</a>.', "here <https://x.org/?a=1&b=2>."),
        ('<a href="https://x.org/">https://x.org/</a>', "https://x.org/"),
        ('<a href="mailto:a@x.org">a@x.org</a>', "a@x.org"),
        ('<a href="%%unsubscribe%%">Leave</a>', "Leave <%%unsubscribe%%>"),
        ('<a href="javascript:x()">no</a>', "no"),
        ("Hi %%first name%%", "Hi %%first name%%"),
        ("<script>x()</script><style>p{}</style><title>t</title>left", "left"),
        ('<img src="cid:logo" alt="Our logo">', "Our logo"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("1 &lt; 2 &amp;amp; <b>bold</b>", "1 < 2 &amp; bold"),
        ("<h1>Title</h1>text", "Title\n\ntext"),
        ("", ""),
    ],
)
def test_html_reads_as_text(source: str, text: str) -> None:
    assert to_text(source) == text


@pytest.mark.parametrize(
    "piece", ["<a href=", "<a href='\"'>", "<p>", "<", "&", '"', "<li> \n ", "</a>", "<!--", "\n "]
)
def test_reading_takes_time_in_proportion(piece: str) -> None:
    def seconds(count: int) -> float:
        # The quickest of three: garbage may be searched for at the same time.
        found = []
        for _ in range(3):
            started = time.thread_time()
            to_text(piece * count)
            found.append(time.thread_time() - started)
        return min(found)

    assert seconds(40_000) < 0.05 + 30 * max(seconds(4_000), 0.002)
