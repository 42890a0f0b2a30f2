"""Markdown as plain text that reads well in a mail: blocks with a blank line between them, lists
with their marks, links as their text and address, emphasis as plain words."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from turnout.formats.markdown import parser

RULE = "-" * 20


# Many mails say the same of their event; what is a person's is put in afterwards.
@lru_cache(maxsize=256)
def to_plain(text: str) -> str:
    """`text` without its marks, blocks apart, without a line end at its end."""
    return "\n".join(_Writer().write(parser().parse(text))).strip("\n")


class _Writer:
    """Writes block by block; `_margins` are what stands before each line of where we are."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._margins: list[str] = []
        self._mark = ""
        self._counts: list[int | None] = []
        self._cells: list[str] | None = None
        self._is_apart = False

    def write(self, tokens: Sequence[Any]) -> list[str]:
        for before, token in zip([None, *tokens], tokens, strict=False):
            if step := _STEPS.get(token.type):
                step(self, token)
            elif token.type == "inline":
                self._put("\n".join(_inline(token.children or [])), is_tight=before.hidden)
            elif token.type in ("fence", "code_block"):
                self._put(token.content.rstrip("\n"))
        return self._lines

    def begin_list(self, token: Any) -> None:
        is_ordered = token.type == "ordered_list_open"
        self._is_apart = not self._margins
        self._counts.append(int(token.attrGet("start") or 1) if is_ordered else None)

    def end_list(self, _: Any) -> None:
        self._counts.pop()

    def begin_item(self, _: Any) -> None:
        count = self._counts[-1]
        self._mark = "- " if count is None else f"{count}. "
        if count is not None:
            self._counts[-1] = count + 1
        self._margins.append(" " * len(self._mark))

    def end_margin(self, _: Any) -> None:
        self._margins.pop()

    def begin_quote(self, _: Any) -> None:
        self._margins.append("> ")

    def rule(self, _: Any) -> None:
        self._put(RULE)

    def begin_table(self, _: Any) -> None:
        self._is_apart = True

    def begin_row(self, _: Any) -> None:
        self._cells = []

    def end_row(self, _: Any) -> None:
        cells, self._cells = self._cells or [], None
        self._put(" | ".join(cells), is_tight=True)

    def _put(self, text: str, *, is_tight: bool = False) -> None:
        if self._cells is not None:
            self._cells.append(text.replace("\n", " "))
            return
        if self._lines and (self._is_apart or not is_tight):
            self._lines.append("".join(self._margins).rstrip() if ">" in self._margins else "")
        self._is_apart = False
        margin = "".join(self._margins)
        for line in text.split("\n"):
            first = margin[: len(margin) - len(self._mark)] + self._mark
            self._lines.append(f"{first}{line}".rstrip())
            self._mark = ""


_STEPS = {
    "bullet_list_open": _Writer.begin_list,
    "ordered_list_open": _Writer.begin_list,
    "bullet_list_close": _Writer.end_list,
    "ordered_list_close": _Writer.end_list,
    "list_item_open": _Writer.begin_item,
    "list_item_close": _Writer.end_margin,
    "blockquote_open": _Writer.begin_quote,
    "blockquote_close": _Writer.end_margin,
    "hr": _Writer.rule,
    "table_open": _Writer.begin_table,
    "tr_open": _Writer.begin_row,
    "tr_close": _Writer.end_row,
}


def _inline(tokens: Sequence[Any]) -> Iterator[str]:
    """The lines of a paragraph."""
    line, links = "", []
    for token in tokens:
        if token.type in ("text", "code_inline", "text_special"):
            line += token.content
        elif token.type == "image":
            line += "".join(_inline(token.children or []))
        elif token.type == "link_open":
            links.append((str(token.attrGet("href")), len(line)))
        elif token.type == "link_close":
            href, start = links.pop()
            line = f"{line[:start]}{_say_link(line[start:], href)}"
        elif token.type in ("softbreak", "hardbreak"):
            yield line
            line = ""
            links = [(href, 0) for href, _ in links]
    yield line


def _say_link(text: str, href: str) -> str:
    if text == href or not text or f"mailto:{text}" == href or f"tel:{text}" == href:
        return text or href
    return f"{text}: {href}"
