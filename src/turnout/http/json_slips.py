"""What is wrong with a text that is nearly JSON, in codes that help: which slip, and where.

Documentation, hand-written examples and other languages have the same few slips: a comma before a
closing brace, single quotes, `=>` for `:`, no outer braces. The text is read as people do, up to
the first of them. Only its beginning is looked at, in linear time: the reading ends at the first
string that does not end.
"""

import re
from typing import Any, NamedTuple

from turnout.catalogue import Phrase

READ = 16_384
SHOWN = 40
_BYTE = re.compile(r"\(byte (\d+)\)")
_TOKEN = re.compile(
    r"""(?P<blank>\s+)|(?P<string>"(?:[^"\\\r\n]|\\.)*")|(?P<single>'(?:[^'\\\r\n]|\\.)*')"""
    r"""|(?P<arrow>=>|=)|(?P<mark>[{}\[\]:,])|(?P<comment>//|/\*|\#)"""
    r"""|(?P<word>[^\s{}\[\]:,"'=\u201c\u201d\u2018\u2019#]+)"""
    r"""|(?P<other>"(?:[^"\\\r\n]|\\.)*|'(?:[^'\\\r\n]|\\.)*|.)"""  # no string is read twice
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true", "false", "null"}
_CLOSING = {"{": "}", "[": "]"}
_OTHERS = {
    '"': "slip.string_open",
    "'": "slip.single_quotes",
    **dict.fromkeys("\u201c\u201d\u2018\u2019", "slip.curly_quotes"),
}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


# An escape of the first half of a pair without the second, which the decoder calls an early end.
_HALF_PAIR = re.compile(rb"\\u[dD][89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")


class _Slip(Exception):
    """The first slip; `line` 0 where the place goes without saying."""

    def __init__(self, code: str, line: int = 0, **facts: Any) -> None:
        super().__init__(code)
        slip = Phrase(code, facts)
        self.phrase = Phrase("slip.at_line", {"line": line, "slip": slip}) if line else slip


def find_slip(text: bytes, error: Exception) -> Phrase:
    """The slip and its place, such as `line 7: a comma before }`; what `error` of the decoder says
    where none is found."""
    try:
        _Reader(text[:READ].decode("utf-8", "replace"), is_whole=len(text) <= READ).read()
    except _Slip as slip:
        return slip.phrase
    if _HALF_PAIR.search(text):
        return Phrase("slip.half_pair", {})
    return _say(text, str(error))


def _say(text: bytes, message: str) -> Phrase:
    """The decoder's message, with line and column for its byte."""
    found = _BYTE.search(message)
    if not found:
        return Phrase("slip.said", {"said": message})
    before = text[: int(found[1])]
    line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
    said = _BYTE.sub("", message).removeprefix("JSON is malformed:").strip()
    place = {"line": line, "column": column}
    return Phrase("slip.at_column", place | {"said": said}) if said else Phrase("slip.end", place)


class _Reader:
    """Reads tokens; raises _Slip at the first that JSON does not have there."""

    def __init__(self, text: str, *, is_whole: bool) -> None:
        self._text = text
        self._is_whole = is_whole
        self._open: list[_Token] = []
        self._last: _Token | None = None

    def read(self) -> None:
        line = 1
        for found in _TOKEN.finditer(self._text):
            kind, text = str(found.lastgroup), found[0]
            if kind == "other" and not self._is_whole and "\n" not in self._text[found.start() :]:
                return  # a string that goes on beyond what is read
            if kind != "blank":
                self._take(_Token(kind, text, line))
            line += text.count("\n")
        if self._open and self._is_whole:
            missing = _CLOSING[self._open[-1].text]
            raise _Slip("slip.not_closed", line, mark=missing)

    def _take(self, token: _Token) -> None:
        self._judge_alone(token)
        if token.kind == "mark":
            self._take_mark(token)
        else:
            self._take_value(token)
        self._last = token

    def _judge_alone(self, token: _Token) -> None:
        if token.kind == "arrow":
            if not self._open:
                raise _Slip("slip.braces")
            raise _Slip("slip.instead", token.line, text=token.text, wanted=":")
        if token.kind == "single":
            raise _Slip(_OTHERS["'"], token.line)
        if token.kind == "comment":
            raise _Slip("slip.comment", token.line)
        if token.kind == "other":
            code = _OTHERS.get(token.text[0], "slip.stray")
            raise _Slip(code, token.line, text=token.text)

    def _take_mark(self, token: _Token) -> None:
        if token.text in "}]":
            self._close(token)
        elif token.text in "{[":
            self._begin_value(token)
            self._open.append(token)
        elif token.text == ":":
            self._take_colon(token)
        elif not self._open and self._last:
            raise _Slip("slip.after_end", token.line, text=token.text)
        elif self._last is None or self._last.text in ("{", "[", ",", ":"):
            raise _Slip("slip.comma_first", token.line)

    def _close(self, token: _Token) -> None:
        if not self._open:
            raise _Slip("slip.closes_nothing", token.line, mark=token.text)
        if self._last and self._last.kind == "mark" and self._last.text == ",":
            raise _Slip("slip.comma_last", self._last.line, mark=token.text)
        if self._last and self._last.kind == "mark" and self._last.text == ":":
            raise _Slip("slip.no_value", token.line, mark=token.text)
        wanted = _CLOSING[self._open.pop().text]
        if token.text != wanted:
            raise _Slip("slip.instead", token.line, text=token.text, wanted=wanted)

    def _take_colon(self, token: _Token) -> None:
        if not self._open:
            raise _Slip("slip.braces")
        if self._open[-1].text == "[":
            raise _Slip("slip.colon_in_list", token.line)
        if self._last and self._last.kind == "word":
            raise _Slip("slip.name_quotes", self._last.line, text=_show(self._last))

    def _take_value(self, token: _Token) -> None:
        self._begin_value(token)
        is_value = self._last is not None and self._last.text == ":"
        is_name = bool(self._open) and self._open[-1].text == "{" and not is_value
        is_first = self._last is None  # the outer braces may be missing: the next token tells
        if token.kind == "word" and not (is_name or is_first or _is_value(token.text)):
            lower = token.text.lower()
            known = {"none": "null", "nil": "null", "undefined": "null"}.get(lower, lower)
            if known in _WORDS:
                raise _Slip("slip.instead", token.line, text=token.text, wanted=known)
            if token.text[0] in "+-.0123456789":
                raise _Slip("slip.number", token.line, text=_show(token))
            raise _Slip("slip.text_quotes", token.line, text=_show(token))

    def _begin_value(self, token: _Token) -> None:
        last = self._last
        if last is None or (last.kind == "mark" and last.text in "{[,:"):
            return
        if not self._open:
            raise _Slip("slip.after_end", token.line, text=_show(token))
        raise _Slip("slip.separator", token.line, text=_show(token))


def _is_value(word: str) -> bool:
    return word in _WORDS or bool(_NUMBER.fullmatch(word))


def _show(token: _Token) -> str:
    """Enough of a token to find it."""
    text = token.text if len(token.text) <= SHOWN else f"{token.text[:SHOWN]}…"
    return text if text.isprintable() else repr(text)
