"""`/my/find/{slug}`: a lost link. The answer is the same for every address; the rest is mailed."""

from http import HTTPStatus

from falcon.asgi import Request, Response

from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import find_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import OrgId
from turnout.core.registrations.guests import mail_tickets_of
from turnout.errors import Invalid, Missing
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.event_forms import check_fields
from turnout.web.form_states import LOST, FormState, FormStates, failure_of, refusal_of
from turnout.web.forms import read_form
from turnout.web.languages import settle_language
from turnout.web.public_frame import frame_of
from turnout.web.refusals import say_refusal
from turnout.web.templates import render

BODY_LIMIT = 4096
DONE = "done"


class FindingResource(Resource):
    """The page of one organization."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))

    async def on_get(self, req: Request, resp: Response, slug: str) -> None:
        """Ask for the address, or say what is wrong with it, or that it was mailed to. Raises
        Missing."""
        organization, profile = await self._db.read(_find, req.path, slug)
        self._answer(resp, organization, profile, await self._states.read(req) or FormState())

    async def on_post(self, req: Request, resp: Response, slug: str) -> None:
        """Mail what the address has. Raises Missing."""
        if self._states.try_cookie(req, resp):
            return
        organization, profile = await self._db.read(_find, req.path, slug)
        email = (await read_form(req, BODY_LIMIT)).get("email", "")
        try:
            check_fields({"email": email}, ["email"])
        except Invalid as refusal:
            state = FormState({"email": email}, refusal=refusal_of(refusal))
            if not await self._states.lead_on(req, resp, state):
                self._answer(resp, organization, profile, state)
                resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
            return
        await self._db.write(mail_tickets_of, OrgId(organization.org_id), email)
        state = FormState({"email": email}, DONE)
        if not await self._states.lead_on(req, resp, state):
            self._answer(resp, organization, profile, state)

    def _answer(
        self,
        resp: Response,
        organization: Organization,
        profile: OrganizationProfile,
        state: FormState,
    ) -> None:
        settle_language(organization.locale)
        refusal = failure_of(state.refusal)
        said = say_refusal(refusal) if refusal else ""
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "my/find.html",
            **frame_of(organization, profile),
            email=state.given.get("email", ""),
            refusal=said,
            faults={"email": said} if refusal and state is not LOST else {},
            is_code_sent=False,
            is_done=state.step == DONE,
        )


def _find(tx: Tx, path: str, slug: str) -> tuple[Organization, OrganizationProfile]:
    organization = find_organization(tx, slug)
    if organization is None:
        raise Missing("path.missing", path=path)
    return organization, get_profile(tx, organization.org_id)
