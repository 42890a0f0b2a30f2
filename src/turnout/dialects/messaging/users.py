"""/api/v1/users: list, view, make and change users."""

from collections.abc import Sequence
from functools import partial

from falcon.asgi import Request, Response

from turnout.core.identity.members import (
    add_member,
    edit_member,
    get_member,
    list_members,
    require_may_add,
    require_member,
)
from turnout.dialects.messaging.decode import (
    decode_changes,
    decode_new_user,
    decode_page_question,
    decode_user_id,
    read_parameters,
)
from turnout.dialects.messaging.present import present_number, present_page, present_user
from turnout.errors import Invalid
from turnout.http.dialect import Resource
from turnout.http.logins import Logins


class UsersResource(Resource):
    """Contract, List users and Add / Edit User."""

    def __init__(self, logins: Logins, base_url: str, voices: Sequence[str]) -> None:
        self._logins = logins
        self._voices = voices
        self._path = f"{base_url}/api/v1/users"

    async def on_get(self, req: Request, resp: Response) -> None:
        try:
            question = decode_page_question(req.query_string)
        except Invalid:
            await self._logins.read(req, require_member)  # a stranger is told nothing but that
            raise
        page = await self._logins.read(
            req,
            list_members,
            question.user_code,
            limit=question.page_size,
            skip=(question.page - 1) * question.page_size,
        )
        resp.data = present_page(page, question, self._path)

    async def on_post(self, req: Request, resp: Response) -> None:
        # Asked before the body is judged, and before a password is hashed for nobody.
        await self._logins.read(req, require_may_add)
        given = await read_parameters(req)
        new, password = given.judge(partial(decode_new_user, voices=self._voices))
        hashed = await self._logins.hash(password)
        resp.data = present_number(await self._logins.write(req, add_member, new, hashed))


class UserResource(Resource):
    """Contract, View User and Add / Edit User."""

    def __init__(self, logins: Logins, voices: Sequence[str]) -> None:
        self._logins = logins
        self._voices = voices

    async def on_get(self, req: Request, resp: Response, user_id: str) -> None:
        caller, member = await self._logins.read(req, get_member, decode_user_id(user_id))
        resp.data = present_user(caller, member)

    async def on_put(self, req: Request, resp: Response, user_id: str) -> None:
        number = decode_user_id(user_id)
        _, member = await self._logins.read(req, get_member, number)
        given = await read_parameters(req)
        decode = partial(decode_changes, voices=self._voices, kept=member.profile)
        changes = given.judge(decode)
        hashed = await self._logins.hash(changes.password) if changes.password else None
        await self._logins.write(req, edit_member, number, changes.fields, changes.company, hashed)
        resp.data = present_number(number)
