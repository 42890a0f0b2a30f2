"""A call as a file."""

import asyncio
import io
import wave

from turnout.formats.spoken.own_words import NONE, OwnWords, read_own_words
from turnout.settings import Settings
from turnout.speech.listening import render
from turnout.speech.speaking import Speech


class Tones(Speech):
    """Says a tenth of a second for each letter, which is heard as that letter."""

    async def say(
        self, text: str, voice: str, locale: str, speed: float = 1.0, words: OwnWords = NONE
    ) -> bytes:
        assert (voice, locale) == ("sophie", "en-US")
        return b"".join(letter.encode() * 1600 for letter in words.spell(text.strip()))


def test_lines_have_pauses_between() -> None:
    lines = ["a", " ", "b", "c"]
    content = asyncio.run(render(Tones(Settings()), lines, "sophie", "US", 0.5))
    with wave.open(io.BytesIO(content)) as file:
        assert file.getparams()[:3] == (1, 2, 8000)
        assert file.getnframes() == 3 * 800 + 2 * 4000
        sound = file.readframes(file.getnframes())
    pause = bytes(8000)
    assert sound == pause.join((b"a" * 1600, b"b" * 1600, b"c" * 1600))


def test_words_are_said_otherwise() -> None:
    words = read_own_words("b = d")
    content = asyncio.run(render(Tones(Settings()), ["b"], "sophie", "US", 0.5, words))
    assert content.endswith(b"d" * 1600)


def test_nothing_is_a_file_too() -> None:
    content = asyncio.run(render(Tones(Settings()), [], "sophie", "US", 0.5))
    with wave.open(io.BytesIO(content)) as file:
        assert file.getnframes() == 0
