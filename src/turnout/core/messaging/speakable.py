"""Whether a voice can say what a job says: a call that plays silence is never made."""

from collections.abc import Iterator, Mapping

from turnout.core.messaging.model import Content
from turnout.errors import Invalid
from turnout.formats.spoken.rules import FIELD
from turnout.formats.spoken.scripts import LATIN, Foreign, find_foreign, script_of

Scripts = Mapping[str, frozenset[str]]
"""The scripts that voices read, by the voice's name; others read Latin letters only."""


def check_speakable(content: Content, scripts: Scripts) -> None:
    """Raise Invalid for a text of which its voice would leave letters out, or that has nothing to
    say. Merge fields may have any value."""
    reads = scripts.get(content.voice, frozenset((LATIN,)))
    for name, text in _texts_of(content):
        check_text(name, text, reads)


def check_text(name: str, text: str, reads: frozenset[str] = frozenset((LATIN,))) -> None:
    """The same for one text."""
    if foreign := find_foreign(FIELD.sub(" ", text), reads):
        language, letter = foreign
        raise Invalid("job.unspeakable", name=name, language=language, letter=letter)
    if not FIELD.search(text) and not any(map(str.isalnum, text)):
        raise Invalid("job.nothing_said", name=name)


def find_unreadable(text: str, voice: str, scripts: Scripts) -> Foreign | None:
    """The language of a merged text of which a voice could read nothing; None if it reads some."""
    reads = scripts.get(voice, frozenset((LATIN,)))
    if text.isascii() or any(sign.isdecimal() or script_of(sign) in reads for sign in text):
        return None
    return find_foreign(text, reads)


def _texts_of(content: Content) -> Iterator[tuple[str, str]]:
    """The texts that are read out, by their names in requests."""
    yield "message", content.text
    for name, text in (("header", content.header), ("voicemail_message", content.voicemail)):
        if text:
            yield name, text
    for key in content.keys:
        if key.message:
            yield "two_way_key_responses", key.message
