"""What a call says, as files of sounds in the spool: merged, spoken, and named for the worker.

In a broadcast a call names the organization and the key that stops its calls; that sentence stands
behind the message, and is left out where a job uses the key itself.
"""

import asyncio
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from turnout.carriers import Message, Parcel, merge_all
from turnout.carriers.sip.sentences import find_sentences
from turnout.core.identity.countries import find_country
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_words
from turnout.core.ids import OrgId
from turnout.core.messaging.call_scripts import PAUSE_S
from turnout.core.messaging.files import digest_of
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Channel, Kind
from turnout.formats import recordings
from turnout.formats.spoken.own_words import OwnWords
from turnout.speech.speaking import Speech
from turnout.speech.voices import language_of, locale_of
from turnout.store import Database, Tx

_RECORDINGS = 50


class _Caller(msgspec.Struct, frozen=True):
    """Who calls: an organization's name, its country's way of saying numbers, and its words."""

    name: str
    locale: str
    words: OwnWords


class _Texts(msgspec.Struct, frozen=True):
    """What a call says to somebody."""

    header: str
    text: str
    voicemail: str
    keys: tuple[str, ...]


def merge(message: Message, fields: Mapping[str, str]) -> _Texts:
    """The texts of a message for one recipient."""
    return _Texts(
        Template(message.header).merge(fields),
        Template(message.text).merge(fields),
        Template(message.voicemail).merge(fields),
        tuple(Template(key.message).merge(fields) for key in message.keys),
    )


def find_caller(tx: Tx, org_id: OrgId) -> _Caller:
    """Who an organization is, as calls say it."""
    name, locale = get_organization_of(tx, org_id).name, locale_of(find_country(tx, org_id))
    return _Caller(name, locale, get_words(tx, org_id))


class Scripts:
    """Makes scripts of one trunk's calls, and removes their files; `spool` is a folder of ours."""

    def __init__(self, spool: Path, speech: Speech, db: Database, *, opt_out_key: str) -> None:
        self._spool = spool
        self._speech = speech
        self._db = db
        self._opt_out_key = opt_out_key
        self._numbers = itertools.count(1)
        self._recordings: dict[str, str] = {}

    async def make(self, message: Message, parcel: Parcel, name: str) -> dict[str, Any]:
        """The script of a call, whose files begin with `name`. Raises Unavailable when nothing can
        speak, Invalid for a recording that is none."""
        caller = await self._db.read(find_caller, message.org_id)
        texts = await merge_all([parcel], merge, message, parcel.fields)
        saying = _Saying(self, message.voice, caller, name)
        lines, voicemail = await self._lines(message, texts, saying)
        keys = {
            key.key: {
                "say": await saying.say(said),
                "redirect": key.redirect_to.lstrip("+"),
            }
            for key, said in zip(message.keys, texts.keys, strict=True)
        }
        opt_out = self._opt_out_key if message.kind is Kind.BROADCAST else ""
        opt_out = "" if opt_out in keys or not self._can_speak(message.voice) else opt_out
        own = find_sentences(self._find_language(message.voice))
        if opt_out:
            lines.append(await saying.say(own.opt_out.format(name=caller.name, key=opt_out)))
            bye = await saying.say(own.opted_out.format(name=caller.name))
            keys[opt_out] = {"say": bye, "redirect": ""}
        can_fail = any(key["redirect"] for key in keys.values())
        return {
            "lines": lines,
            "voicemail": voicemail,
            "gap_s": PAUSE_S,
            "opt_out": opt_out,
            "sorry": await saying.say(own.sorry) if can_fail else "",
            "keys": keys,
        }

    async def _lines(
        self, message: Message, texts: "_Texts", saying: "_Saying"
    ) -> tuple[list[str], list[str]]:
        """What people hear, and what machines do."""
        if message.channel is Channel.VOICE:
            recording = await self._remake(message)
            return [recording], [recording]
        header, text = await saying.say(texts.header), await saying.say(texts.text)
        left = await saying.say(texts.voicemail)
        lines = [header, *[text] * message.repeats]
        return [*filter(None, lines)], [left] if left else [*filter(None, (header, text))]

    async def _remake(self, message: Message) -> str:
        """The recording of a message, decoded once."""
        content = message.attachments[0].content
        digest = digest_of(content)
        if digest not in self._recordings:
            sound = await asyncio.to_thread(recordings.decode, content)
            name = f"recording-{digest}"
            await asyncio.to_thread((self._spool / name).write_bytes, sound)
            self._recordings[digest] = name
            while len(self._recordings) > _RECORDINGS:
                oldest = self._recordings.pop(next(iter(self._recordings)))
                (self._spool / oldest).unlink(missing_ok=True)
        return self._recordings[digest]

    def _find_language(self, voice: str) -> str:
        engines = self._speech.find_engines(voice)
        return language_of(engines[0]) if engines else ""

    def _can_speak(self, voice: str) -> bool:
        return bool(self._speech.find_engines(voice))

    async def speak(self, text: str, voice: str, caller: _Caller, name: str) -> str:
        """The name of a new file in which a text is said; empty for one without words."""
        if not text.strip():
            return ""
        sound = await self._speech.say(text, voice, caller.locale, words=caller.words)
        if not sound:
            return ""
        file = f"{name}-{next(self._numbers)}"
        (self._spool / file).write_bytes(sound)
        return file

    async def drop(self, script: Mapping[str, Any]) -> None:
        """Remove the files of a call that has ended."""
        said = [key["say"] for key in script["keys"].values()]
        for name in {*script["lines"], *script["voicemail"], *said, script["sorry"]}:
            if name and not name.startswith("recording-"):
                (self._spool / name).unlink(missing_ok=True)


class _Saying:
    """Texts of one call; the same text is one file."""

    def __init__(self, scripts: Scripts, voice: str, caller: _Caller, name: str) -> None:
        self._scripts = scripts
        self._voice = voice
        self._caller = caller
        self._name = name
        self._said: dict[str, str] = {}

    async def say(self, text: str) -> str:
        """The name of its file."""
        if text not in self._said:
            made = await self._scripts.speak(text, self._voice, self._caller, self._name)
            self._said[text] = made
        return self._said[text]
