"""The table of voices."""

from pathlib import Path

import pytest

from turnout.formats.spoken.own_words import NONE
from turnout.settings import Settings, SettingsError
from turnout.speech.voices import (
    EngineVoice,
    find_model,
    is_installed,
    language_of,
    list_installed,
    locale_of,
    read_scripts,
    read_voices,
    read_words,
)

HEART = EngineVoice("hibari", "heart")


def test_the_operators_words_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    name = "TURNOUT_TTS_WORDS"
    assert read_words(Settings()) == NONE
    with pytest.raises(SettingsError, match=f"^{name}: .*words.txt cannot be read"):
        read_words(Settings(tts_words=str(path)))
    path.write_text("Kilda = killda")
    assert read_words(Settings(tts_words=str(path))).spelled == {"kilda": "killda"}
    path.write_text("Kilda killda")
    with pytest.raises(SettingsError, match=f"^{name}: line 1 of .*words.txt is not"):
        read_words(Settings(tts_words=str(path)))


def test_each_voice_has_engines_in_order() -> None:
    table = read_voices(
        Settings(tts_voices="sophie,Anna,eve", tts_engines="sophie=flite eve=hibari")
    )
    assert table["sophie"] == (EngineVoice("flite", "slt"),)
    assert table["eve"] == (HEART,)
    assert table["Anna"][0] == HEART
    assert len(table["Anna"]) == 3


def test_the_star_is_every_voice_without_an_entry() -> None:
    table = read_voices(Settings(tts_voices="sophie,anna", tts_engines="*=espeak-ng:de"))
    assert table["anna"] == table["sophie"] == (EngineVoice("espeak-ng", "de"),)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("sophie=siri", "setting.tts_engine"),
        ("sophie=flite:../x", "setting.tts_engine"),
        ("sophie=flite:-x/y", "setting.tts_engine"),
        ("sophie", "setting.tts_engine"),
        ("nobody=flite", "setting.tts_voice"),
    ],
)
def test_what_is_no_entry_is_refused(entry: str, code: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_voices(Settings(tts_engines=entry))
    assert caught.value.code == code


def test_a_voice_reads_the_letters_of_its_language() -> None:
    table = read_voices(
        Settings(tts_voices="anna,ben", tts_engines="anna=espeak-ng:ru+f2 ben=flite,espeak-ng:ru")
    )
    assert read_scripts(table) == {"anna": {"LATIN", "CYRILLIC"}, "ben": {"LATIN"}}


def test_a_file_that_is_not_what_was_published_speaks_for_nobody(tmp_path: Path) -> None:
    emma = EngineVoice("hibari", "emma")
    assert is_installed(HEART, "")
    assert not is_installed(emma, "")
    assert not is_installed(EngineVoice("hibari", "nobody"), "")
    heart = find_model("heart", "")
    assert heart is not None
    (tmp_path / "emma.onnx").write_bytes(heart.read_bytes())
    (tmp_path / "hibari-emma.onnx").write_bytes(heart.read_bytes())
    assert not is_installed(emma, str(tmp_path))
    assert list_installed((emma, HEART), str(tmp_path)) == [HEART]


def test_a_country_says_numbers_its_own_way() -> None:
    assert [locale_of(country) for country in ("AU", "US", "GB", "DE", "")] == [
        "en-AU",
        "en-US",
        "en-GB",
        "en-GB",
        "en-GB",
    ]


@pytest.mark.parametrize(
    ("voice", "language"),
    [
        ("hibari:heart", "en"),
        ("flite:slt", "en"),
        ("espeak-ng:de+f3", "de"),
        ("espeak-ng:en-gb", "en"),
        ("piper:de_DE-thorsten-medium", "de"),
        ("piper:es_ES-x", "es"),
    ],
)
def test_the_language_of_a_voice_is_known(voice: str, language: str) -> None:
    engine, _, name = voice.partition(":")
    assert language_of(EngineVoice(engine, name)) == language
