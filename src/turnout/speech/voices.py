"""The table of voices: name -> engines in their order, and which of them is there.

`TURNOUT_TTS_ENGINES` has entries between blanks: `sophie=hibari:heart,flite:slt`. `*` stands for
every name of `TURNOUT_TTS_VOICES` without an entry, the usual ones too. What is after the colon is
the engine's own name of a voice.
"""

import hashlib
import importlib.util
import json
import re
import shutil
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from turnout.formats.spoken.own_words import (
    NONE,
    OwnWords,
    UnreadableWordError,
    read_own_words,
)
from turnout.formats.spoken.scripts import LATIN
from turnout.settings import Settings, SettingsError, split_list
from turnout.speech import piper

HIBARI, FLITE, ESPEAK, PIPER = "hibari", "flite", "espeak-ng", "piper"
_NAMES = {HIBARI: "heart", FLITE: "slt", ESPEAK: "en-gb", PIPER: "en_US-joe-medium"}
_FEMALE = "hibari:heart,flite:slt,espeak-ng:en-gb+f3"
_MALE = "hibari:fenrir,flite:rms,espeak-ng:en-gb+m3,hibari:heart"
DEFAULT = {
    "sophie": f"hibari:emma,{_FEMALE}",
    "jack": f"hibari:fable,{_MALE}",
    "olivia": _FEMALE,
    "william": _MALE,
    "amy": f"hibari:emma,{_FEMALE}",
    "brian": f"hibari:fable,{_MALE}",
    "*": _FEMALE,
}
_VOICE = re.compile(r"[A-Za-z0-9+_.\-]{1,40}")
# The letters that espeak-ng reads apart from Latin ones, by the language of its voice.
_SCRIPTS = {
    "ar": "ARABIC",
    "be": "CYRILLIC",
    "bg": "CYRILLIC",
    "el": "GREEK",
    "he": "HEBREW",
    "hi": "DEVANAGARI",
    "hy": "ARMENIAN",
    "ka": "GEORGIAN",
    "kk": "CYRILLIC",
    "ko": "HANGUL",
    "mk": "CYRILLIC",
    "ru": "CYRILLIC",
    "sr": "CYRILLIC",
    "th": "THAI",
    "uk": "CYRILLIC",
}


class EngineVoice(NamedTuple):
    """A voice of an engine: `hibari`, `heart`."""

    engine: str
    name: str

    def __str__(self) -> str:
        return f"{self.engine}:{self.name}"


Table = Mapping[str, tuple[EngineVoice, ...]]


def read_voices(settings: Settings) -> Table:
    """The engines of each voice of the settings, in order. Raises SettingsError."""
    chosen: dict[str, str] = {}
    for entry in settings.tts_engines.split():
        name, _, engines = entry.partition("=")
        chosen[name.lower()] = engines
    named = split_list(settings.tts_voices)
    known = {"*", *(name.lower() for name in named), *DEFAULT}
    for name in chosen:
        if name not in known:
            raise SettingsError("setting.tts_voice", name=_SETTING, voice=ascii(name[:60]))
    if "*" not in chosen:
        chosen = DEFAULT | chosen
    for engines in chosen.values():
        _read(engines)
    return {name: _read(chosen.get(name.lower(), chosen["*"])) for name in named}


_SETTING = "TURNOUT_TTS_ENGINES"


def _read(engines: str) -> tuple[EngineVoice, ...]:
    read = []
    for part in split_list(engines):
        engine, _, name = part.partition(":")
        name = name or _NAMES.get(engine, "")
        if engine not in _NAMES or not _VOICE.fullmatch(name):
            raise SettingsError(
                "setting.tts_engine", name=_SETTING, part=ascii(part[:60]), engines=list(_NAMES)
            )
        read.append(EngineVoice(engine, name))
    if not read:
        raise SettingsError("setting.tts_engine", name=_SETTING, part="''", engines=list(_NAMES))
    return tuple(read)


def read_words(settings: Settings) -> OwnWords:
    """The words that an operator says otherwise. Raises SettingsError for a file that is not there
    or has a line that cannot be read."""
    if not settings.tts_words:
        return NONE
    name, path = "TURNOUT_TTS_WORDS", Path(settings.tts_words)
    try:
        return read_own_words(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError("setting.tts_words_file", name=name, file=path) from error
    except UnreadableWordError as error:
        raise SettingsError("setting.tts_words", name=name, file=path, line=error.line) from error


def read_scripts(table: Table) -> dict[str, frozenset[str]]:
    """Which scripts each voice reads: those of its first engine, whichever is installed."""
    return {name: frozenset((LATIN, *_scripts_of(engines[0]))) for name, engines in table.items()}


def _scripts_of(voice: EngineVoice) -> list[str]:
    language = re.split(r"[-+]", voice.name)[0]
    return [_SCRIPTS[language]] if voice.engine == ESPEAK and language in _SCRIPTS else []


def language_of(voice: EngineVoice) -> str:
    """The language that a voice speaks, such as `de`: in its name with espeak-ng and piper, English
    with the others."""
    if voice.engine not in (ESPEAK, PIPER):
        return "en"
    return re.split(r"[-_+]", voice.name)[0].lower()


def locale_of(country: str) -> str:
    """How texts are said in a country: as in Australia, Britain or the United States."""
    return {"AU": "en-AU", "NZ": "en-AU", "US": "en-US", "CA": "en-US"}.get(country, "en-GB")


def list_installed(voices: tuple[EngineVoice, ...], models: str) -> list[EngineVoice]:
    """Those of the engines that can speak here; `models` is the folder of voice files."""
    return [voice for voice in voices if is_installed(voice, models)]


def is_installed(voice: EngineVoice, models: str) -> bool:
    """Whether its program or package is there, and its file, as it was published."""
    if voice.engine == PIPER:
        return piper.find_voice(voice.name, models) is not None
    if voice.engine != HIBARI:
        return shutil.which(voice.engine) is not None
    return find_model(voice.name, models) is not None


def knows_model(name: str) -> bool:
    """Whether hibari is installed, and has a voice of that name."""
    return _read_known(name) is not None


@lru_cache(maxsize=64)
def find_model(name: str, models: str) -> Path | None:
    """The file of a hibari voice, None without it or if it is not what its makers published. Does
    not import the engine."""
    found = _read_known(name)
    if found is None:
        return None
    assets, known = found
    if known.get("bundled"):
        return assets / str(known["file"])
    path = Path(models) / str(known["file"])
    if not models or not path.is_file():
        return None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return path if digest == known["sha256"] else None


def _read_known(name: str) -> tuple[Path, dict[str, Any]] | None:
    """The folder of what hibari brings along, and what it says of a voice."""
    found = importlib.util.find_spec("hibari")
    if found is None or not found.submodule_search_locations:
        return None
    assets = Path(found.submodule_search_locations[0]) / "assets"
    known = json.loads((assets / "voices.json").read_text(encoding="utf-8")).get(name)
    return None if known is None else (assets, known)
