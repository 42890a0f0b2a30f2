"""`/console/{org}/exams/settings`: the values that exams may have, the paper, and overlaps."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.exams.lists import (
    ExamSettings,
    add_value,
    get_settings,
    list_values,
    remove_value,
    set_settings,
)
from turnout.core.exams.model import DEFAULTS, ValueKind
from turnout.formats.pdf import PaperSize
from turnout.web.console.events.clashes import (
    Clash,
    Values,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/exams/settings.html"
LONGEST_VALUE = 200
VALUES = 200


class Wanted(NamedTuple):
    """What was typed."""

    values: dict[ValueKind, list[str]]
    settings: ExamSettings


class ExamSettingsPage(ConsolePage):
    """`/console/{scope}/exams/settings`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Denied."""
        values = await self.console.read(req, "exams.see", open_settings)
        done = read_done(req, "console.exams.done.")
        more = {"version": version_of(values), "differences": [], "done": done}
        self.console.show(req, resp, TEMPLATE, form=fill(values), **more)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Save, unless somebody else did before."""
        form = await self.console.take(req)
        wanted, version, clash = read_wanted(form), form.value("version"), None
        saved = await attempt(self.console, req, form, "exams.change", save, version, wanted)
        if isinstance(saved, Clash):
            clash = saved
            form.fault("", saved.fault)
        elif saved:
            lead_to(resp, f"/console/{scope}/exams/settings", "settings")
            return
        values = await self.console.read(req, "exams.change", open_settings)
        differences = list_differences(form, clash) if clash else []
        more = {"version": version_of(values) if clash else version, "differences": differences}
        self.console.refuse(req, resp, TEMPLATE, form, **more)


def open_settings(visit: Visit) -> Values:
    """What the form shows. Raises Denied for somebody who sees some events only."""
    visit.user.access.require("exams.see")
    tx, org_id = visit.tx, visit.org_id
    chosen = get_settings(tx, org_id)
    lists = {kind.value: "\n".join(list_values(tx, org_id, kind)) for kind in ValueKind}
    return lists | {
        "paper": PaperSize(chosen.paper_size).value,
        "refuses_overlaps": "1" if chosen.refuses_overlaps else "",
    }


def read_wanted(form: Form) -> Wanted:
    """What was typed: a value a line."""
    lists = {}
    for kind in ValueKind:
        text = form.text(kind.value, limit=20_000, is_required=False)
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > VALUES or any(len(line) > LONGEST_VALUE for line in lines):
            form.fault(kind.value, "console.exams.fault.values", most=VALUES, limit=LONGEST_VALUE)
        lists[kind] = lines
    size = form.choice("paper", list(PaperSize)) or PaperSize.A4
    return Wanted(lists, ExamSettings(PaperSize(size), form.has("refuses_overlaps")))


def save(visit: Visit, version: str, wanted: Wanted) -> Clash | bool:
    """Set the values, unless somebody else did. Raises Invalid, Denied."""
    visit.user.access.require("exams.change")
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if clash := find_clash(version, open_settings(visit), visit, 0, "exam_settings", "exam_value"):
        return clash
    for kind, lines in wanted.values.items():
        now = list_values(tx, org_id, kind)
        if lines == now:
            continue
        # Values that an organization never set are the common ones: they are written with the rest.
        is_common = now == list(DEFAULTS[kind])
        for value in now if not is_common else ():
            if value not in lines:
                remove_value(tx, org_id, kind, value, actor=by)
        for value in lines:
            add_value(tx, org_id, kind, value, actor=by)
    chosen = wanted.settings
    if chosen != get_settings(tx, org_id):
        set_settings(tx, org_id, chosen, actor=by)
    return True
