"""What is wrong with a text that is nearly JSON, in words that help: which slip, and where.

Documentation, hand-written examples and other languages have the same few slips: a comma before a
closing brace, single quotes, `=>` for `:`, no outer braces. The text is read as people do, up to
the first of them. Only its beginning is looked at, in linear time: the reading ends at the first
string that does not end.
"""

import re
from typing import NamedTuple

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
    '"': "a string that does not end on its line",
    "'": "single quotes where double quotes belong",
    "\u201c": "curly quotes where straight quotes belong",
    "\u201d": "curly quotes where straight quotes belong",
    "\u2018": "curly quotes where straight quotes belong",
    "\u2019": "curly quotes where straight quotes belong",
}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class _Slip(Exception):
    """The first slip; `line` 0 where the place goes without saying."""

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {what}" if line else what)


def find_slip(text: bytes, error: Exception) -> str:
    """The slip and its place, such as `line 7: a comma before }`; what `error` of the decoder says
    where none is found."""
    try:
        _Reader(text[:READ].decode("utf-8", "replace"), is_whole=len(text) <= READ).read()
    except _Slip as slip:
        return str(slip)
    return _say(text, str(error))


def _say(text: bytes, message: str) -> str:
    """The decoder's message, with line and column for its byte."""
    found = _BYTE.search(message)
    if not found:
        return message
    before = text[: int(found[1])]
    line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
    what = _BYTE.sub("", message).removeprefix("JSON is malformed:").strip()
    return f"line {line}, column {column}: {what or 'it ends too early'}"


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
            raise _Slip(f"the closing {missing} is missing", line)

    def _take(self, token: _Token) -> None:
        self._judge_alone(token)
        if token.kind == "mark":
            self._take_mark(token)
        else:
            self._take_value(token)
        self._last = token

    def _judge_alone(self, token: _Token) -> None:
        if token.kind == "arrow":
            what = "the outer braces are missing" if not self._open else ""
            raise _Slip(what or f"{token.text} where : belongs", 0 if what else token.line)
        if token.kind == "single":
            raise _Slip(_OTHERS["'"], token.line)
        if token.kind == "comment":
            raise _Slip("a comment, which JSON does not have", token.line)
        if token.kind == "other":
            raise _Slip(
                _OTHERS.get(token.text[0], f"{token.text!r} does not belong here"), token.line
            )

    def _take_mark(self, token: _Token) -> None:
        if token.text in "}]":
            self._close(token)
        elif token.text in "{[":
            self._begin_value(token)
            self._open.append(token)
        elif token.text == ":":
            self._take_colon(token)
        elif not self._open and self._last:
            raise _Slip(f"something follows the end: {token.text}", token.line)
        elif self._last is None or self._last.text in ("{", "[", ",", ":"):
            raise _Slip("a comma without a value before it", token.line)

    def _close(self, token: _Token) -> None:
        if not self._open:
            raise _Slip(f"{token.text} closes nothing", token.line)
        if self._last and self._last.kind == "mark" and self._last.text == ",":
            raise _Slip(f"a comma before {token.text}", self._last.line)
        if self._last and self._last.kind == "mark" and self._last.text == ":":
            raise _Slip(f"a value is missing before {token.text}", token.line)
        wanted = _CLOSING[self._open.pop().text]
        if token.text != wanted:
            raise _Slip(f"{token.text} where {wanted} belongs", token.line)

    def _take_colon(self, token: _Token) -> None:
        if not self._open:
            raise _Slip("the outer braces are missing")
        if self._open[-1].text == "[":
            raise _Slip("a : inside of [ ]", token.line)
        if self._last and self._last.kind == "word":
            raise _Slip(f"the name {_show(self._last)} has no quotes", self._last.line)

    def _take_value(self, token: _Token) -> None:
        self._begin_value(token)
        is_value = self._last is not None and self._last.text == ":"
        is_name = bool(self._open) and self._open[-1].text == "{" and not is_value
        is_first = self._last is None  # the outer braces may be missing: the next token tells
        if token.kind == "word" and not (is_name or is_first or _is_value(token.text)):
            lower = token.text.lower()
            known = {"none": "null", "nil": "null", "undefined": "null"}.get(lower, lower)
            if known in _WORDS:
                raise _Slip(f"{token.text} where {known} belongs", token.line)
            if token.text[0] in "+-.0123456789":
                raise _Slip(f"{_show(token)} is not a number", token.line)
            raise _Slip(f"the text {_show(token)} has no quotes", token.line)

    def _begin_value(self, token: _Token) -> None:
        last = self._last
        if last is None or (last.kind == "mark" and last.text in "{[,:"):
            return
        if not self._open:
            raise _Slip(f"something follows the end: {_show(token)}", token.line)
        raise _Slip(f"a comma or a : is missing before {_show(token)}", token.line)


def _is_value(word: str) -> bool:
    return word in _WORDS or bool(_NUMBER.fullmatch(word))


def _show(token: _Token) -> str:
    """Enough of a token to find it."""
    text = token.text if len(token.text) <= SHOWN else f"{token.text[:SHOWN]}…"
    return text if text.isprintable() else repr(text)
