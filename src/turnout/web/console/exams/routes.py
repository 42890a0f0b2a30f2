"""The addresses of exams, by what follows the event's number or the organization's short name."""

from turnout.web.console.exams.assessments import FormPage, FormsPage
from turnout.web.console.exams.calendar import ExamsCsv, ExamsPage, ExamsWorkbook
from turnout.web.console.exams.candidate import CandidateActionPage, CandidatePage
from turnout.web.console.exams.candidates import AddCandidatePage, CandidatesPage
from turnout.web.console.exams.files import PaperPdf, RollPdf, RollWorkbook
from turnout.web.console.exams.importing import ImportLearnersPage, ImportResultsPage
from turnout.web.console.exams.learners import LearnersCsv, LearnersPage
from turnout.web.console.exams.making import ChangeExamPage, NewExamPage
from turnout.web.console.exams.news import CancelExamPage, TellPage
from turnout.web.console.exams.results import ResultsPage
from turnout.web.console.exams.settings import ExamSettingsPage
from turnout.web.console.exams.venues import VenuePage, VenueRemovalPage, VenuesPage
from turnout.web.console.page import ConsolePage

# Of all exams.
EXAM_PLACES: dict[str, type[ConsolePage]] = {
    "exams": ExamsPage,
    "exams.csv": ExamsCsv,
    "exams.xlsx": ExamsWorkbook,
    "exams/new": NewExamPage,
    "exams/venues": VenuesPage,
    "exams/venues/{venue}": VenuePage,
    "exams/venues/{venue}/remove": VenueRemovalPage,
    "exams/forms": FormsPage,
    "exams/forms/{form}": FormPage,
    "exams/learners": LearnersPage,
    "exams/learners.csv": LearnersCsv,
    "exams/learners/import": ImportLearnersPage,
    "exams/settings": ExamSettingsPage,
}
# Of one.
EXAM_PAGES: dict[str, type[ConsolePage]] = {
    "exams": ExamsPage,
    "exams/change": ChangeExamPage,
    "exams/cancel": CancelExamPage,
    "exams/tell": TellPage,
    "exams/candidates": CandidatesPage,
    "exams/candidates/add": AddCandidatePage,
    "exams/candidates/{candidate}": CandidatePage,
    "exams/candidates/{candidate}/{action}": CandidateActionPage,
    "exams/results": ResultsPage,
    "exams/results/import": ImportResultsPage,
    "exams/roll.pdf": RollPdf,
    "exams/roll.xlsx": RollWorkbook,
    "exams/paper.pdf": PaperPdf,
}
