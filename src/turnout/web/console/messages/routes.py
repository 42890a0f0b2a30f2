"""The pages of messages, by what follows an event's number or an organization's short name."""

from turnout.web.console.messages.answers import AnswersPage
from turnout.web.console.messages.compose import ComposePage
from turnout.web.console.messages.excluded import ExcludedPage, OptOutsCsv
from turnout.web.console.messages.fax_pages import DraftPages, FaxPages
from turnout.web.console.messages.job import JobPage, ProgressPage, RecipientPage
from turnout.web.console.messages.listening import CallSound
from turnout.web.console.messages.listing import MessagesPage
from turnout.web.console.messages.lists import ListsPage, UploadPage
from turnout.web.console.messages.replies import RepliesPage, ReplyPage
from turnout.web.console.messages.reports import RecipientsCsv
from turnout.web.console.messages.senders import DomainPage, SendersPage
from turnout.web.console.messages.templates import TemplatePage, TemplatesPage
from turnout.web.console.page import ConsolePage

MESSAGE_PAGES: dict[str, type[ConsolePage]] = {
    "messages": MessagesPage,
    "messages/new": ComposePage,
    "messages/upload": UploadPage,
    "messages/fax.pdf": DraftPages,
    "messages/{job}": JobPage,
    "messages/{job}/progress": ProgressPage,
    "messages/{job}/call.wav": CallSound,
    "messages/{job}/fax.pdf": FaxPages,
    "messages/{job}/recipients.csv": RecipientsCsv,
    "messages/{job}/recipients/{recipient}": RecipientPage,
}
# Of an organization alone.
OWN_MESSAGE_PAGES: dict[str, type[ConsolePage]] = {
    "messages/excluded": ExcludedPage,
    "messages/excluded.csv": OptOutsCsv,
    "messages/senders": SendersPage,
    "messages/senders/{domain}": DomainPage,
    "messages/lists": ListsPage,
    "messages/templates": TemplatesPage,
    "messages/templates/{template}": TemplatePage,
    "messages/answers": AnswersPage,
    "messages/replies": RepliesPage,
    "messages/replies/{reply}": ReplyPage,
}
