"""A mail's text, filled in and rendered: plain and as HTML, with what is a person's left to merge.

Theory. What is the same for everybody who gets a mail (the event's facts) is put in here, as text:
while the text is rendered, a letter that Markdown does not know stands for it, so nothing in it is
ever read as Markdown, HTML or a merge field. What is a person's stays `%%field%%`: messaging puts
it in when it sends, escaped where it is HTML (messaging/merging.py), and it stands with the
recipient alone, where erasing finds it.

- A line whose fields are all empty is left out, and so is a paragraph whose fields are all empty.
- A field that is a link becomes one where it stands alone; as the target of a link of the text's
  own (`[Your ticket](%%ticket_link%%)`) it is its address.
- The most important of those that have a line to themselves is a button in the HTML (layout.py).
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from turnout.catalogue.translations import label
from turnout.core.mails.model import LINKS, MAIN_LINKS, MY_LINK, WATCH_LINKS, MailText
from turnout.core.messaging.layout import BUTTON, MailBrand, lay_out
from turnout.core.messaging.merging import Template, find_odd
from turnout.errors import Invalid
from turnout.formats.markdown import to_html
from turnout.formats.plain_text import to_plain

FIELD = re.compile(r"%%(\w{1,30})%%", re.ASCII)
# A link of the text's own keeps its target; in any other place an address becomes a link.
_ALONE = re.compile(r"(?<!\]\()(?<!\]\(<)<?%%(\w{1,30})%%>?(?!\))", re.ASCII)
_ENCODED = re.compile(r"%25%25(\w{1,30})%25%25", re.ASCII)
_STANDING = re.compile("[\ue000-\uf8ff]")
_PRIVATE = re.compile(f"[\ue000-\uf8ff{BUTTON}]")
# A link with a line to itself, bare or with words of its own.
_LINE = re.compile(
    r"^ {0,3}(?:<?%%(\w{1,30})%%>?|\[([^\[\]\n]{1,200})\]\(<?%%(\w{1,30})%%>?\))[ \t]*$",
    re.ASCII | re.MULTILINE,
)
_LAST = re.compile(rf"^([^%\n]+:)[ \t]+<?%%({MY_LINK})%%>?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FIRST = 0xE000
_SAFE_IN_URL = "%/:=&?#+!$,;@~[]'*"
_BREAK = "%\u2060%"


class Composed(NamedTuple):
    """What a job says: `%%fields%%` in it are the recipients'."""

    subject: str
    text: str
    html: str


class Filling(NamedTuple):
    """What the fields of a text stand for. `facts` are the same for everybody, `links` are such
    addresses; `merged` says by which name messaging knows a person's field. `empty` are those of
    `merged` that nobody has a value for. `watch` are titles and the fields of their addresses.
    `brand` is whose mail it is."""

    facts: Mapping[str, str]
    links: Mapping[str, str] = {}
    merged: Mapping[str, str] = {}
    empty: frozenset[str] = frozenset()
    watch: Sequence[tuple[str, str]] = ()
    brand: MailBrand = MailBrand()

    def has(self, name: str) -> bool:
        """Whether the field stands for anything."""
        if name == WATCH_LINKS:
            return bool(self.watch)
        is_merged = name in self.merged and name not in self.empty
        return is_merged or bool(self.facts.get(name) or self.links.get(name))


def compose(text: MailText, filling: Filling, language: str) -> Composed:
    """Fill a text in and render it. A field that is not known is empty."""
    subject = _fill_subject(text.subject, filling)
    body = _PRIVATE.sub("", text.body)
    plain = _render(body, filling, to_plain, as_html=False)
    page = _render(_with_button(body, filling, language), filling, to_html, as_html=True)
    brand = MailBrand(*map(_literal, filling.brand))
    return Composed(subject, plain + "\n", lay_out(page, subject, language, brand))


def _with_button(body: str, filling: Filling, language: str) -> str:
    """The text, with its main link marked as a button, in a paragraph of its own."""
    found = {(line[1] or line[3]).lower(): line for line in reversed([*_LINE.finditer(body)])}
    for name in MAIN_LINKS:
        if name in found and filling.has(name):
            line = found[name]
            said = line[2] or label(language, f"mail.button.{name}")
            return _put_button(body, line, "", f"[{BUTTON}{said}](%%{name}%%)")
    if (last := _LAST.search(body)) and filling.has(MY_LINK):
        said = label(language, f"mail.button.{MY_LINK}")
        return _put_button(body, last, last[1], f"[{BUTTON}{said}](%%{MY_LINK}%%)")
    return body


def _put_button(body: str, line: re.Match[str], before: str, button: str) -> str:
    above = f"{body[: line.start()]}{before}".rstrip()
    return f"{above}\n\n{button}\n\n{body[line.end() :].lstrip()}".strip()


def _render(body: str, filling: Filling, render: Callable[[str], str], *, as_html: bool) -> str:
    marking = _Marking(filling, as_html=as_html)
    rendered = render(marking.mark(body))
    return _put_back(_ENCODED.sub(r"%%\1%%", rendered), marking.values, as_html=as_html)


def unknown_fields(text: MailText, known: Iterable[str]) -> list[str]:
    """The merge fields of a text that are none, in any spelling that would be merged, and what is
    written like one with other signs."""
    said = f"{text.subject}\n{text.body}"
    return [*sorted(Template(said).names - set(known)), *find_odd(said).values()]


def check_own_words(message: str) -> None:
    """Raise Invalid for an organizer's own words in a mail (`%%message%%` of its text) that have a
    merge field: nothing is filled in there, and everybody would read it as it is written."""
    if names := [*sorted(Template(message).names), *find_odd(message).values()]:
        raise Invalid("mail.words_field", field=names[0])


def lost_links(text: MailText, required: Iterable[str]) -> list[str]:
    """Those of the links that the text does not have."""
    return [name for name in required if f"%%{name}%%" not in text.body]


def breaks_links(text: MailText) -> list[str]:
    """Fields that are no addresses and are the target of a link, or a part of one."""
    targets = re.findall(r'href="([^"]*)"', to_html(_PRIVATE.sub("", text.body)))
    found = []
    for target in targets:
        names = _ENCODED.findall(target)
        is_whole = len(names) == 1 and target == f"%25%25{names[0]}%25%25"
        found += [name for name in names if not is_whole or name not in LINKS]
    return sorted(set(found))


def _fill_subject(subject: str, filling: Filling) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1].lower()
        if name in filling.merged:
            return f"%%{filling.merged[name]}%%"
        return _literal(filling.facts.get(name, "") or filling.links.get(name, ""))

    return " ".join(FIELD.sub(value, subject).split())


class _Marking:
    """Makes Markdown in which a letter of private use stands for each of `values`; an address
    alone is made a link where it is for HTML."""

    def __init__(self, filling: Filling, *, as_html: bool) -> None:
        self.values: list[str] = []
        self._filling = filling
        self._as_html = as_html

    def mark(self, body: str) -> str:
        shown = "\n\n".join(_shown_paragraphs(body, self._filling))
        return FIELD.sub(self._value, _ALONE.sub(self._link, shown))

    def _keep(self, value: str) -> str:
        self.values.append(value)
        return chr(_FIRST + len(self.values) - 1)

    def _link(self, found: re.Match[str]) -> str:
        """What stands for a field that is not the target of a link."""
        name = found[1].lower()
        if name == WATCH_LINKS:
            links = [f"[{self._keep(title)}](%%{field}%%)" for title, field in self._filling.watch]
            return "\n".join(links)
        if name not in LINKS:
            return found[0]
        if name in self._filling.merged:
            field = f"%%{self._filling.merged[name]}%%"
            return f"[{field}]({field})" if self._as_html else field
        address = _address(self._filling.links.get(name, ""))
        shown = self._keep(address)
        return f"[{shown}](<{address}>)" if self._as_html and address else shown

    def _value(self, found: re.Match[str]) -> str:
        """What stands for any other field."""
        name = found[1].lower()
        if name in self._filling.merged:
            return f"%%{self._filling.merged[name]}%%"
        if name in {field for _, field in self._filling.watch}:
            return found[0]
        if name not in LINKS:
            return self._keep(self._filling.facts.get(name, ""))
        address = _address(self._filling.links.get(name, ""))
        return f"<{address}>" if address else ""


def _shown_paragraphs(body: str, filling: Filling) -> Iterable[str]:
    for paragraph in re.split(r"\n[ \t]*\n", body.replace("\r\n", "\n").replace("\r", "\n")):
        names = [name.lower() for name in FIELD.findall(paragraph)]
        if names and not any(map(filling.has, names)):
            continue
        yield "\n".join(line for line in paragraph.split("\n") if _is_shown(line, filling))


def _is_shown(line: str, filling: Filling) -> bool:
    names = [name.lower() for name in FIELD.findall(line)]
    return not names or any(map(filling.has, names))


def _put_back(rendered: str, values: Sequence[str], *, as_html: bool) -> str:
    def value(found: re.Match[str]) -> str:
        text = _literal(values[ord(found[0]) - _FIRST])
        return html.escape(text).replace("\n", "<br>\n") if as_html else text

    return _STANDING.sub(value, rendered)


def _literal(text: str) -> str:
    """Text in which nothing is a field to be filled in."""
    return _PRIVATE.sub("", text).replace("%%", _BREAK)


def _address(url: str) -> str:
    """An address in which nothing is Markdown or a field."""
    return quote(url, safe=_SAFE_IN_URL).replace("%%", "%25%25")
