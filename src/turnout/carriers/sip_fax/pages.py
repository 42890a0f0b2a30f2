"""What is faxed: the documents of a message as pages, drawn once a job, and the line above each of
them: the time in the organization's zone, its name, the caller's number and the page."""

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from turnout.carriers import Message
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId
from turnout.formats.fax import Document, Fax, make_fax
from turnout.http.compiled import CompiledCache
from turnout.store import Database, Tx

PAGE_437 = "cp437"


class FaxSender(msgspec.Struct, frozen=True):
    """Who faxes."""

    name: str
    timezone: str


def find_sender(tx: Tx, org_id: OrgId) -> FaxSender:
    """The organization that faxes."""
    organization = get_organization_of(tx, org_id)
    return FaxSender(organization.name, organization.timezone)


class Pages:
    """Draws the documents of messages; the last ones are kept."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._drawn: CompiledCache[Message, Fax] = CompiledCache(draw, lambda fax: len(fax.content))

    async def draw(self, message: Message) -> Fax:
        """The pages, as a TIFF. Raises Invalid for documents that have none."""
        return await self._drawn.get(message)

    async def find_header(self, message: Message) -> tuple[str, str]:
        """The name above each page, and the zone of the time there."""
        sender = await self._db.read(find_sender, message.org_id)
        now = datetime.fromtimestamp(self._db.clock() / 1000, UTC)
        return spell(message.header or sender.name), to_posix(sender.timezone, now)


def draw(message: Message) -> Fax:
    """The documents of a message as one fax."""
    documents = [Document(file.name, file.content) for file in message.attachments]
    return make_fax(documents, is_fine=message.is_high_resolution)


def spell(text: str) -> str:
    """A text in the letters that fax headers have (code page 437), without marks where need be."""
    return "".join(_spell_one(letter) for letter in unicodedata.normalize("NFC", text))


def _spell_one(letter: str) -> str:
    for candidate in (letter, unicodedata.normalize("NFKD", letter)[:1]):
        # The lower 32 of that page are control characters, whatever it draws for them.
        if candidate.isprintable() and candidate.encode(PAGE_437, "ignore"):
            return candidate
    return "-" if unicodedata.category(letter).startswith("P") else "?"


def to_posix(timezone: str, now: datetime) -> str:
    """A zone as POSIX has it, by its difference from UTC now, which counts the other way round."""
    offset = now.astimezone(ZoneInfo(timezone)).utcoffset()
    minutes = round(offset.total_seconds() / 60) if offset else 0
    sign = "-" if minutes >= 0 else "+"
    return f"LOC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
