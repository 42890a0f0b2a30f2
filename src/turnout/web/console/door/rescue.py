"""`/console/{event}/door/rescue`: scans that a phone could not upload, and saved in a file."""

from collections import Counter
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.door.devices import list_devices
from turnout.core.door.model import Device
from turnout.core.door.rescuing import (
    LARGEST,
    RescuedScan,
    RescueFile,
    find_makers,
    load_rescued,
    read_rescue,
)
from turnout.core.door.uploading import MOST_SCANS, Uploaded
from turnout.core.ids import DeviceId
from turnout.errors import Invalid
from turnout.http.body import in_thread
from turnout.web.console.events.going import attempt
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

CHANGE = "door.change"
TEMPLATE = "console/door/rescue.html"
FORM_BYTES = 100_000
OTHER = "console.door.rescue_why.other"
WHY = {
    "door.supervisor": "console.door.rescue_why.supervisor",
    "door.undo_late": "console.door.rescue_why.undo_late",
    "door.not_in": "console.door.rescue_why.not_in",
    "door.undo_none": "console.door.rescue_why.undo_none",
    "door.no_exit": "console.door.rescue_why.no_exit",
}


Made = list[tuple[Device, list[RescuedScan]]]
"""The phones that made the acts of a file, with what each of them made."""


class Loaded(NamedTuple):
    """The outcome of a file: how many acts the server has now, how many contradict others, how many
    are of other events, why others were refused (the label of each reason, and how often), and the
    names of the phones that made them, with how many each."""

    taken: int
    conflicts: int
    others: int
    refused: int
    reasons: list[tuple[str, int]]
    phones: list[tuple[str, int]]


class RescuePage(ConsolePage):
    """`/console/{event}/door/rescue`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Missing."""
        await self._show(req, resp, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Load a file, and say what came of it. Raises Missing."""
        form, files = await self.console.take_files(req, LARGEST + FORM_BYTES)
        content = files.get("file", b"")
        if not content:
            form.fault("file", "console.door.rescue_none")
            await self._show(req, resp, form)
            return
        try:
            file = await in_thread(len(content), read_rescue, content)
        except Invalid as refusal:
            form.refuse(refusal, "file")
            await self._show(req, resp, form)
            return
        made = await attempt(self.console, req, form, CHANGE, _find, file, form.number("phone"))
        loaded = await self._load(req, form, file, made) if made else None
        await self._show(req, resp, form, loaded)

    async def _load(self, req: Request, form: Form, file: RescueFile, made: Made) -> Loaded | None:
        """Load what is of this event, so much in a transaction; None = that was refused."""
        done: list[Uploaded] = []
        for device, scans in made:
            for first in range(0, len(scans), MOST_SCANS):
                some = scans[first : first + MOST_SCANS]
                told = await attempt(self.console, req, form, CHANGE, _take, device.id, file, some)
                if told is None:
                    return None
                done += told
        reasons = Counter(one.refusal for one in done if one.refusal)
        return Loaded(
            taken=len(done) - reasons.total(),
            conflicts=sum(one.is_conflict for one in done),
            others=len(file.scans) - len(done),
            refused=reasons.total(),
            reasons=[(WHY.get(code, OTHER), count) for code, count in reasons.most_common()],
            phones=[(device.name, len(scans)) for device, scans in made],
        )

    async def _show(
        self, req: Request, resp: Response, form: Form, loaded: Loaded | None = None
    ) -> None:
        devices = await self.console.read(req, CHANGE, _list_phones)
        self.console.answer(req, resp, TEMPLATE, form, devices=devices, loaded=loaded)


def _list_phones(visit: Visit) -> list[Device]:
    return list_devices(visit.tx, visit.org_id, visit.at.id)


def _find(visit: Visit, file: RescueFile, number: int | None) -> Made:
    chosen = None if number is None else DeviceId(number)
    return find_makers(visit.tx, visit.org_id, visit.at.id, file, chosen)


def _take(
    visit: Visit, device_id: DeviceId, file: RescueFile, scans: list[RescuedScan]
) -> list[Uploaded]:
    where = (visit.tx, visit.org_id, visit.at.id, device_id)
    return load_rescued(*where, file, scans, actor=visit.user.actor)
