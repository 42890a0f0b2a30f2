"""All routes of the console, on one screen."""

from turnout.core.audience.reports import ReportFile
from turnout.core.messaging.prices import Prices
from turnout.http.dialect import DialectApp, Resource
from turnout.web.catalogue import Served
from turnout.web.console.account import AccountPage, AccountPasskeyPage
from turnout.web.console.callback_keys import CallbackKeyPage
from turnout.web.console.callbacks import CallbackPage, CallbacksPage
from turnout.web.console.credentials import CredentialsPage
from turnout.web.console.door.page import DoorPage
from turnout.web.console.door.rescue import RescuePage
from turnout.web.console.events.details import DetailsPage
from turnout.web.console.events.invitations import CampaignPage, InvitationsPage
from turnout.web.console.events.look import LookPage, PreviewPage
from turnout.web.console.events.making import CopyPage, NewEventPage
from turnout.web.console.events.moves import ClosePage, DeletePage, PublishPage, ReopenPage
from turnout.web.console.events.news import CancelPage, PostponePage, TellPage
from turnout.web.console.events.overview import OverviewPage, QrPage
from turnout.web.console.events.places import PlacePage
from turnout.web.console.events.programme import ProgrammePage
from turnout.web.console.events.questions import QuestionPage, QuestionsPage
from turnout.web.console.events.series import (
    OneSeriesPage,
    SeriesDeletionPage,
    SeriesPage,
    SeriesQrPage,
)
from turnout.web.console.events.sessions import SessionPage, SessionRemovalPage
from turnout.web.console.events.shelves import EventsCsv, EventsPage
from turnout.web.console.events.speakers import SpeakerPage
from turnout.web.console.events.texts import TextPage, TextsPage
from turnout.web.console.events.ticket_types import TicketTypePage, TicketTypesPage
from turnout.web.console.events.waiting import WaitingPage
from turnout.web.console.everyone.listing import EveryoneCsv, EveryonePage
from turnout.web.console.everyone.person import (
    KnownPersonActionPage,
    KnownPersonHtml,
    KnownPersonJson,
    KnownPersonPage,
)
from turnout.web.console.exams.routes import EXAM_PAGES, EXAM_PLACES
from turnout.web.console.failing import ConsoleFailures
from turnout.web.console.gallery import GalleryPage
from turnout.web.console.gallery_mails import MailGalleryPage
from turnout.web.console.home import HomePage
from turnout.web.console.list_files import InvitedCsv, JobsCsv, RepliesCsv, WaitingCsv
from turnout.web.console.log import LogPage
from turnout.web.console.log_file import LogCsv
from turnout.web.console.messages.routes import MESSAGE_PAGES, OWN_MESSAGE_PAGES
from turnout.web.console.messages.sending import Sending
from turnout.web.console.navigation import Navigation
from turnout.web.console.organization.limits import LimitsPage, UsageCsv
from turnout.web.console.organization.look import BrandPage
from turnout.web.console.organization.networks import NetworksPage
from turnout.web.console.organization.profile import ProfilePage
from turnout.web.console.organization.retention import RetentionPage
from turnout.web.console.organization.server import ServerPage
from turnout.web.console.organization.texts import DefaultTextPage, DefaultTextsPage
from turnout.web.console.outbox import OutboxPage
from turnout.web.console.own_files import (
    CallbacksCsv,
    CredentialsCsv,
    TemplatesCsv,
    UsersCsv,
    VenuesCsv,
)
from turnout.web.console.page import Console, ConsolePage
from turnout.web.console.people.actions import PersonActionPage
from turnout.web.console.people.adding import AddPage
from turnout.web.console.people.bulk import BulkPage
from turnout.web.console.people.files import (
    BadgePage,
    PeopleCsv,
    PeopleWorkbook,
    PersonExportPage,
)
from turnout.web.console.people.filters import FiltersPage
from turnout.web.console.people.importing import ImportPage
from turnout.web.console.people.listing import PeoplePage
from turnout.web.console.people.person import PersonPage
from turnout.web.console.report.files import ReportFilePage
from turnout.web.console.report.links import ReportLinksPage
from turnout.web.console.report.page import ReportPage
from turnout.web.console.scopes import ScopedPage
from turnout.web.console.search import SearchPage
from turnout.web.console.users import UserPage, UsersPage
from turnout.web.console.webcast.captions import CaptionsPage
from turnout.web.console.webcast.presenting import PresenterPage
from turnout.web.console.webcast.sessions import MediaPage, WebcastPage
from turnout.web.sessions import PageSessions

# Of the signed-in organization, by their address.
PAGES: dict[str, type[ConsolePage]] = {
    "/console": HomePage,
    "/console/search": SearchPage,
    "/console/events": EventsPage,
    "/console/events.csv": EventsCsv,
    "/console/events/new": NewEventPage,
}
# Of an event, by what follows its number; a part of another page has a deeper one.
EVENT_PAGES: dict[str, type[ConsolePage]] = {
    "": OverviewPage,
    "qr.svg": QrPage,
    "copy": CopyPage,
    "publish": PublishPage,
    "close": ClosePage,
    "reopen": ReopenPage,
    "postpone": PostponePage,
    "cancel": CancelPage,
    "tell": TellPage,
    "delete": DeletePage,
    "details": DetailsPage,
    "place/{venue}": PlacePage,
    "programme": ProgrammePage,
    "programme/{session}": SessionPage,
    "programme/{session}/remove": SessionRemovalPage,
    "speakers/{speaker}": SpeakerPage,
    "tickets": TicketTypesPage,
    "tickets/{ticket_type}": TicketTypePage,
    "questions": QuestionsPage,
    "questions/{question}": QuestionPage,
    "page": LookPage,
    "preview": PreviewPage,
    "texts": TextsPage,
    "texts/{kind}": TextPage,
    "invitations": InvitationsPage,
    "invitations/{campaign}": CampaignPage,
    "invitations/{campaign}/people.csv": InvitedCsv,
    "waiting": WaitingPage,
    "waiting.csv": WaitingCsv,
    "messages.csv": JobsCsv,
    "door": DoorPage,
    "door/rescue": RescuePage,
    "webcast": WebcastPage,
    "webcast/{session}": MediaPage,
    "webcast/{session}/captions": CaptionsPage,
    "webcast/{session}/present": PresenterPage,
    "report": ReportPage,
    "report.{ending}": ReportFilePage,
    "report/links": ReportLinksPage,
    "log": LogPage,
    "log.csv": LogCsv,
    "people": PeoplePage,
    "people.csv": PeopleCsv,
    "people.xlsx": PeopleWorkbook,
    "people/add": AddPage,
    "people/bulk": BulkPage,
    "people/filters": FiltersPage,
    "people/import": ImportPage,
    "people/{registration}": PersonPage,
    "people/{registration}/badge.pdf": BadgePage,
    "people/{registration}/export.json": PersonExportPage,
    "people/{registration}/{action}": PersonActionPage,
    **MESSAGE_PAGES,
    **EXAM_PAGES,
}
# Of an organization, by what follows its short name; with a tail that events have too, the scope
# says which is meant. `{registration}` is a person there.
ORGANIZATION_PAGES: dict[str, type[ConsolePage]] = {
    "people": EveryonePage,
    "people.csv": EveryoneCsv,
    "people/{registration}": KnownPersonPage,
    "people/{registration}/export.json": KnownPersonJson,
    "people/{registration}/export.html": KnownPersonHtml,
    "people/{registration}/{action}": KnownPersonActionPage,
    "series": SeriesPage,
    "series/{series}": OneSeriesPage,
    "series/{series}/delete": SeriesDeletionPage,
    "series/{series}/qr.svg": SeriesQrPage,
    "account": AccountPage,
    "account/passkey": AccountPasskeyPage,
    "users": UsersPage,
    "users.csv": UsersCsv,
    "users/{user_id}": UserPage,
    "credentials": CredentialsPage,
    "credentials.csv": CredentialsCsv,
    "outbox": OutboxPage,
    "settings": ProfilePage,
    "settings/look": BrandPage,
    "settings/texts": DefaultTextsPage,
    "settings/texts/{kind}": DefaultTextPage,
    "settings/retention": RetentionPage,
    "settings/limits": LimitsPage,
    "settings/usage.csv": UsageCsv,
    "settings/networks": NetworksPage,
    "settings/server": ServerPage,
    "callbacks": CallbacksPage,
    "callbacks.csv": CallbacksCsv,
    "callbacks/signatures": CallbackKeyPage,
    "callbacks/{number}": CallbackPage,
    "log": LogPage,
    "log.csv": LogCsv,
    "messages.csv": JobsCsv,
    "messages/replies.csv": RepliesCsv,
    "messages/templates.csv": TemplatesCsv,
    "exams/venues.csv": VenuesCsv,
    **MESSAGE_PAGES,
    **OWN_MESSAGE_PAGES,
    **EXAM_PLACES,
}
DEMO_PAGES: dict[str, type[ConsolePage]] = {
    "/console/_gallery": GalleryPage,
    "/console/_gallery/mails": MailGalleryPage,
}


def add_console(
    app: DialectApp,
    sessions: PageSessions,
    base_url: str,
    *,
    is_demo: bool,
    file_quota: int = 0,
    prices: Prices | None = None,
    report_files: tuple[ReportFile, ...] = (),
    sending: Sending = Sending(),  # noqa: B008 - immutable
    served: Served | None = None,
) -> None:
    """Add the console's pages."""
    has_simulator = served is not None and any(one.is_simulated for one in served.networks)
    places = frozenset(ORGANIZATION_PAGES) - (frozenset() if has_simulator else {"outbox"})
    navigation = Navigation(frozenset(EVENT_PAGES), places)
    console = Console(
        sessions, base_url, navigation, file_quota, prices, report_files, sending, served
    )
    ConsoleFailures(console).install(app)
    for path, page in (PAGES | (DEMO_PAGES if is_demo else {})).items():
        app.add_route(path, page(console))
    for tail in EVENT_PAGES | ORGANIZATION_PAGES:
        resource = _find_page(console, EVENT_PAGES.get(tail), ORGANIZATION_PAGES.get(tail))
        app.add_route(f"/console/{{scope}}/{tail}".rstrip("/"), resource)


def _find_page(
    console: Console,
    of_event: type[ConsolePage] | None,
    of_organization: type[ConsolePage] | None,
) -> Resource:
    """The page of an address; of two, the one that its scope means."""
    if of_event and of_organization:
        return ScopedPage(of_event(console), of_organization(console))
    page = of_event or of_organization
    if page is None:
        raise LookupError("an address without a page")
    return page(console)
