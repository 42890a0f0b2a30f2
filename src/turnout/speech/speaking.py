"""What the rest of Turnout uses: a text in, its sound out, spoken once and then from the cache."""

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from turnout.errors import Unavailable
from turnout.formats.spoken.own_words import NONE, OwnWords
from turnout.formats.spoken.saying import say
from turnout.formats.spoken.splitting import split
from turnout.settings import Settings
from turnout.speech.cache import Cache, name_of
from turnout.speech.process import RETRY_AFTER_S, SpeechProcess
from turnout.speech.voices import EngineVoice, list_installed, read_voices, read_words

MB = 1_000_000


class Speech:
    """The voices of the settings. For one event loop; the process that speaks is started by the
    first text."""

    def __init__(self, settings: Settings, process: SpeechProcess | None = None) -> None:
        self.table = read_voices(settings)
        self.models = settings.tts_models
        self._words = read_words(settings)
        self._most_bytes = settings.tts_cache_mb * MB
        self._process = process
        self._cache: Cache | None = None
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    def find_engines(self, voice: str) -> list[EngineVoice]:
        """The engines of a voice that are installed here, the first of which speaks; the first
        voice of the settings stands in for an unknown one."""
        engines = self.table.get(voice) or next(iter(self.table.values()))
        return list_installed(engines, self.models)

    async def say(
        self, text: str, voice: str, locale: str, speed: float = 1.0, words: OwnWords = NONE
    ) -> bytes:
        """The text as sound (8 kHz, s16le), empty where there is nothing to say; `words` are said
        otherwise, before those of the settings. Raises Unavailable when no engine is installed or
        none could speak."""
        engines = await asyncio.to_thread(self.find_engines, voice)
        if not engines:
            raise Unavailable("speech.no_engine", voice=voice, retry_after=RETRY_AFTER_S)
        put = await asyncio.to_thread(self._put, text, locale, words)
        pieces = [await self._say(engines, speed, piece) for piece in split(put)]
        return b"".join(pieces)

    def _put(self, text: str, locale: str, words: OwnWords) -> str:
        own = words.over(self._words)
        return own.mark(say(own.spell(text), locale))

    async def _say(self, engines: Sequence[EngineVoice], speed: float, words: str) -> bytes:
        """One piece; who asks for what is being spoken waits for that."""
        name = name_of(engines, speed, words)
        if kept := self._find(name):
            return kept
        if name not in self._under_way:
            task = asyncio.create_task(self._speak(name, engines, speed, words))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name))
        return await asyncio.shield(self._under_way[name])

    def _find(self, name: str) -> bytes | None:
        path = self._cache.find(name) if self._cache else None
        return path.read_bytes() if path else None

    async def _speak(
        self, name: str, engines: Sequence[EngineVoice], speed: float, words: str
    ) -> bytes:
        if self._cache is None:
            self._cache = Cache(Path(tempfile.mkdtemp(prefix="turnout-speech-")), self._most_bytes)
        if self._process is None:
            self._process = SpeechProcess(self._cache.folder, self.models)
        spoken = await self._process.speak(name, engines, speed, words)
        sound = (self._cache.folder / name).read_bytes()
        self._cache.add(name, spoken.size)
        return sound

    async def stop(self) -> None:
        """End the process, after what it is at, and remove what it said. Idempotent."""
        if self._process:
            await self._process.stop()
        if self._cache:
            await asyncio.to_thread(shutil.rmtree, self._cache.folder, ignore_errors=True)
            self._cache = None
