"""Uploaded lists: what there is, and making one of a file, all of it or nothing."""

import io
from collections.abc import Sequence
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.erasure.returning import refuse_erased
from turnout.core.identity.users import list_users
from turnout.core.ids import ListId
from turnout.core.importing.records import Fault, Record, fault_of, read_layout, read_records
from turnout.core.messaging.list_files import LIST, read_entries, read_entry
from turnout.core.messaging.lists import (
    LONGEST_NAME,
    Entry,
    UserList,
    add_entries,
    begin_list,
    delete_list,
    finish_list,
)
from turnout.core.messaging.model import Channel
from turnout.core.messaging.staging import SLICE
from turnout.errors import Conflict, Invalid
from turnout.formats.tables import read_table
from turnout.web.console.events.going import attempt_once, lead_to
from turnout.web.console.forms import Form, fill
from turnout.web.console.messages.audiences import list_own_lists
from turnout.web.console.messages.own import require_organization
from turnout.web.console.messages.query import read_one, to_query
from turnout.web.console.page import Console, ConsolePage, Visit
from turnout.web.forms import read_done
from turnout.web.refusals import say_refusal

SEE, SEND = "messages.see", "messages.send"
SIZE, ROWS, FAULTS = 6_000_000, 20_000, 50
NAME = "The file"
DONE = frozenset({"deleted"})


class ListRow(NamedTuple):
    """A list, and whose it is."""

    known: UserList
    user_code: str


class RowFault(NamedTuple):
    """A row that cannot be taken: its line, the column at fault, and why."""

    line: int
    column: str
    why: str


class ListsPage(ConsolePage):
    """`/console/{org}/messages/lists`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The lists, the newest first. Raises Unauthenticated, Denied, Missing."""
        await self._show(req, resp, scope, fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Delete one. Raises Denied, Missing."""
        form = await self.console.take(req)
        number = ListId(form.whole("number") or 0)
        await self.console.write(req, form, SEND, remove, number)
        lead_to(resp, f"/console/{scope}/messages/lists", "deleted")

    async def _show(self, req: Request, resp: Response, scope: str, form: Form) -> None:
        rows = await self.console.read(req, SEE, read_lists)
        asked = req.get_param("delete", default="")
        chosen = next((row for row in rows if str(row.known.id) == asked), None)
        values = {
            "rows": rows,
            "chosen": chosen,
            "base": f"/console/{scope}/messages",
            "done": read_done(req, DONE),
        }
        self.console.answer(req, resp, "console/messages/lists.html", form, **values)


class UploadPage(ConsolePage):
    """`/console/{scope}/messages/upload`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form. Raises Unauthenticated, Denied, Missing."""
        await self.console.read(req, SEND, _nothing)
        channel = read_one(req, "channel", Channel)
        self._show(req, resp, scope, fill({"channel": channel}), [])

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Make a list of the file, unless a row of it cannot be taken: then each is said."""
        form, files = await self.console.take_files(req, SIZE)
        await self.console.read(req, SEND, _nothing)
        list_id, faults = await make_list(self.console, req, form, files.get("file", b""))
        if list_id is not None:
            query = to_query(to=list_id, channel=form.value("channel")[:10])
            lead_to(resp, f"/console/{scope}/messages/new{query}")
            return
        self._show(req, resp, scope, form, faults)

    def _show(
        self, req: Request, resp: Response, scope: str, form: Form, faults: list[RowFault]
    ) -> None:
        values = {"rows": faults, "base": f"/console/{scope}/messages"}
        self.console.answer(req, resp, "console/messages/upload.html", form, **values)


async def make_list(
    console: Console, req: Request, form: Form, content: bytes, before: str = ""
) -> tuple[ListId | None, list[RowFault]]:
    """The list of a file's people, called as the form says or as the file is; None where it cannot
    be made, with the rows at fault (the first 50). The fields are `file` and `name`, with `before`
    in front of them."""
    file, name = f"{before}file", f"{before}name"
    called = form.text(name, limit=LONGEST_NAME, is_required=False)
    records, faults = _read(form, content, file)
    for first in range(0, len(records), SLICE):
        some = records[first : first + SLICE]
        faults += await console.read(req, SEND, find_erased, some)
    entries = [entry for entry in read_entries(records) if isinstance(entry, Entry)]
    if faults:
        form.fault(file, "console.lists.fault.rows", count=f"{len(faults):,}")
    elif form.is_right and not entries:
        form.fault(file, "console.lists.fault.empty")
    called = called or form.value(f"{file}_name").rpartition(".")[0] or "List"
    list_id = await attempt_once(console, req, form, SEND, begin, called)
    if list_id is not None:
        for first in range(0, len(entries), SLICE):
            some_entries = entries[first : first + SLICE]
            await console.write_once(req, form, SEND, add, list_id, first + 1, some_entries)
        await console.write_once(req, form, SEND, finish, list_id, len(entries))
    return list_id, sorted(faults)[:FAULTS]


def read_lists(visit: Visit) -> list[ListRow]:
    """The organization's lists with their users. Raises Missing at an event."""
    require_organization(visit)
    codes = {user.id: user.user_code for user in list_users(visit.tx, visit.org_id)}
    return [ListRow(one, codes.get(one.user_id, "")) for one in list_own_lists(visit)]


def remove(visit: Visit, list_id: ListId) -> None:
    """Delete a list. Raises Missing."""
    require_organization(visit)
    delete_list(visit.tx, visit.org_id, list_id, actor=visit.user.actor)


def find_erased(visit: Visit, records: Sequence[Record]) -> list[RowFault]:
    """The rows of people who were erased: no list brings them back."""
    found = []
    for row in records:
        phones = [row["mobile"], row["phone"], row["fax"]]
        try:
            refuse_erased(visit.tx, visit.org_id, [row["email"]], phones)
        except Conflict as failure:
            found.append(_row(fault_of(row, failure)))
    return found


def begin(visit: Visit, name: str) -> ListId:
    """A list that nobody sees yet. Raises Invalid, Conflict."""
    if visit.user.access.member.user.org_id != visit.org_id:
        raise Conflict("console.message_other_organization")
    return begin_list(visit.tx, visit.org_id, visit.user.user_id, name)


def add(visit: Visit, list_id: ListId, first: int, entries: Sequence[Entry]) -> None:
    """Add people to it; `first` counts from 1."""
    add_entries(visit.tx, visit.org_id, list_id, first, entries)


def finish(visit: Visit, list_id: ListId, total: int) -> None:
    """The list is whole."""
    finish_list(visit.tx, visit.org_id, list_id, total, actor=visit.user.actor)


def _read(form: Form, content: bytes, field: str) -> tuple[list[Record], list[RowFault]]:
    """The rows of a file, and those that cannot be taken; leaves a fault for one that is none."""
    if not content.strip():
        form.fault(field, "console.lists.fault.file")
        return [], []
    try:
        with read_table(io.BytesIO(content), NAME) as table:
            found = list(read_records(table, read_layout(table, LIST, file=NAME)))
    except Invalid as refusal:
        form.refuse(refusal, field)
        return [], []
    if len(found) > ROWS:
        form.fault(field, "console.lists.fault.long", limit=f"{ROWS:,}")
        return [], []
    records = [row for row in found if isinstance(row, Record)]
    faults = [row for row in found if isinstance(row, Fault)]
    faults += [fault for row in records if isinstance(fault := read_entry(row), Fault)]
    return records, [_row(fault) for fault in faults]


def _row(fault: Fault) -> RowFault:
    return RowFault(fault.line, fault.column, str(say_refusal(fault.refusal)))


def _nothing(_visit: Visit) -> None:
    """Who asks is looked up, and nothing is read."""
