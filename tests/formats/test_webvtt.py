"""WebVTT files, as people's editors write them and as nobody should."""

import pytest

from tests.support.failures import refuses
from turnout.errors import Invalid
from turnout.formats.webvtt import LARGEST, read_webvtt

CUE = "00:01.000 --> 00:04.000\nHello\n"


@pytest.mark.parametrize(
    "text",
    [
        f"WEBVTT\n\n{CUE}",
        f"WEBVTT - Talk\nKind: captions\nLanguage: en\n\n{CUE}",
        f"WEBVTT\n\nNOTE made by hand\n\nSTYLE\n::cue {{ color: red }}\n\n1\n{CUE}\n2\n{CUE}",
        "WEBVTT\n\n01:00:01.000 --> 01:00:04.000 align:start position:0%\n<v Ann>Hello\nagain\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n\n" + CUE,
    ],
)
def test_files_are_read_whatever_ends_their_lines(text: str) -> None:
    for written in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r"), "\ufeff" + text):
        assert read_webvtt(written.encode()) == text


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("", "captions.start", {}),
        (f"WEBVTTX\n\n{CUE}", "captions.start", {}),
        (f"1\n{CUE}", "captions.start", {}),
        ("WEBVTT\n\nNOTE nothing\n", "captions.empty", {}),
        ("WEBVTT\n\nHello\n", "captions.cue", {"line": 4}),
        ("WEBVTT\n\n00:01,000 --> 00:04,000\nHello\n", "captions.cue", {"line": 3}),
        (f"WEBVTT\n\n{CUE}00:05.000 --> 00:06.000\n", "captions.cue", {"line": 3}),
        ("WEBVTT\n\n00:04.000 --> 00:04.000\nHello\n", "captions.order", {"line": 3}),
        (f"WEBVTT\n\n{CUE}\0", "captions.encoding", {}),
    ],
)
def test_what_no_player_shows_is_refused(text: str, code: str, facts: dict[str, int]) -> None:
    with refuses(Invalid, code, **facts):
        read_webvtt(text.encode())


def test_other_encodings_and_large_files_are_refused() -> None:
    with refuses(Invalid, "captions.encoding"):
        read_webvtt(f"WEBVTT\n\n{CUE}Grüße".encode("latin-1"))
    with refuses(Invalid, "captions.large", limit=1000):
        read_webvtt(b"WEBVTT" + b"\n" * LARGEST)
