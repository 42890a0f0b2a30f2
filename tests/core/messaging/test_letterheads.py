"""What is laid out on the organizer's page keeps its fields, its lines, and nothing of a stranger's
as HTML."""

import html

from turnout.core.messaging.layout import MailBrand
from turnout.core.messaging.letterheads import lay_out_text
from turnout.core.messaging.merging import Template

BRAND = MailBrand("Acme & Sons", "#ffc94d")
BUTTON = "mail.button.invitation"


def lay_out(said: str, **fields: str) -> str:
    page = lay_out_text(said, "Title", "de", BRAND, BUTTON)
    return Template(page, html.escape, is_html=True).merge(fields)


def test_a_link_of_its_own_is_one_button_in_the_language() -> None:
    page = lay_out(
        "Hi %%name%%,\n\n%%Link%%\n\nor %%link%%", name="<b>", link="https://a.example/1"
    )
    assert page.count('class="b"') == 1
    assert ">Einladung beantworten</a>" in page
    assert page.count('href="https://a.example/1"') == 2
    assert "Hi &lt;b&gt;," in page


def test_lines_stay_and_markup_is_text() -> None:
    page = lay_out("one <i>\ntwo <https://b.example/x?a=1&b=2>.\n\n%%text%%", text="first\nsecond")
    assert "one &lt;i&gt;<br>\ntwo &lt;<a" in page
    assert 'href="https://b.example/x?a=1&amp;b=2"' in page
    assert 'white-space:pre-wrap">first\nsecond</pre>' in page


def test_a_code_is_large() -> None:
    assert 'letter-spacing:.15em">402917</p>' in lay_out("%%message%%\n\n%%code%%", code="402917")
