"""Markdown as plain text for mails."""

import pytest

from turnout.formats.plain_text import to_plain

MARKED = """\
# Hello *there*

A [link](https://x.example/a), <https://z.example> and [me@x.example](mailto:me@x.example).
- one
- two
  more

3. x
   1. inner
4. y

> quoted
> twice

| a | b |
|---|---|
| 1 | **2** |

---
```
code  *as it is*
```
end ![a picture](https://other.example/x.png)
\\* no list"""
PLAIN = """\
Hello there

A link: https://x.example/a, https://z.example and me@x.example.

- one
- two
  more

3. x
   1. inner
4. y

> quoted
> twice

a | b
1 | 2

--------------------

code  *as it is*

end a picture
* no list"""


def test_blocks_stay_apart_and_marks_go() -> None:
    assert to_plain(MARKED) == PLAIN


@pytest.mark.parametrize("text", ["", "  \n ", "plain", "two\nlines", "a\n\nb"])
def test_text_without_marks_stays(text: str) -> None:
    assert to_plain(text) == text.strip()


def test_an_html_tag_is_text() -> None:
    assert to_plain("<b>bold</b> & so") == "<b>bold</b> & so"
