"""The routes of the ways in, beside `/console/sign-in` itself."""

from turnout.http.dialect import DialectApp
from turnout.store import Database
from turnout.web.console.gate.accounts import (
    ForgottenPage,
    ResetPage,
    SetUpPage,
    StaffInvitationPage,
)
from turnout.web.console.gate.steps import DemoLinkPage, PasskeyPage, StepPage
from turnout.web.sessions import PageSessions


def add_gate(app: DialectApp, db: Database, sessions: PageSessions, *, has_mail: bool) -> None:
    """Add the pages for people who are not signed in."""
    app.add_route("/console/sign-in/step", StepPage(db, sessions))
    app.add_route("/console/sign-in/passkey", PasskeyPage(db, sessions))
    app.add_route("/console/sign-in/link/{token}", DemoLinkPage(db, sessions))
    app.add_route("/console/reset", ForgottenPage(db, sessions, has_mail=has_mail))
    app.add_route("/console/reset/{token}", ResetPage(db, sessions))
    app.add_route("/console/set-up/{token}", SetUpPage(db, sessions))
    app.add_route("/console/invitation/{token}", StaffInvitationPage(db, sessions))
