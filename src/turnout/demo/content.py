"""All of demo.json: seeding it, and what pages show of it."""

import msgspec

from turnout.carriers import networks
from turnout.core.identity.short_names import page_path
from turnout.core.site.address import store_address
from turnout.demo import attendance, booking, messaging, registration, reporting
from turnout.demo.cast import SEED, SLUG, Known, member_of
from turnout.demo.registration import Progress
from turnout.settings import Settings
from turnout.store import Ids, open_database
from turnout.web.catalogue import Demo, DemoPhone


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What demo.json holds."""

    base_url: str
    registration: registration.Member
    messaging: messaging.Member
    attendance: attendance.Member
    booking: booking.Member
    reporting: reporting.Member

    @property
    def event_path(self) -> str:
        """The path of the page of the demo's conference."""
        return f"{page_path(SLUG)}/{self.attendance.event_id}"


def seed_all(settings: Settings, known: Known, progress: Progress) -> Content:
    """Seed what is missing. `known` is demo.json as written before, whose secrets are kept where
    they are still good. Idempotent. The database has the newest schema."""
    db = open_database(settings, ids=Ids(SEED))
    try:
        registered = registration.seed(db, member_of(known, "registration"), progress)
        policy = networks.read_policy(settings)
        sent = messaging.seed(db, member_of(known, "messaging"), policy)
        base_url = db.call(store_address, settings.public_url, is_set=bool(settings.base_url))
        attending = attendance.seed(db, member_of(known, "attendance"), base_url)
        booked = booking.seed(db, member_of(known, "booking"))
    finally:
        db.close()
    # Names of its own, so that they are the same after an interrupted run.
    db = open_database(settings, ids=Ids(SEED + 1))
    try:
        reported = reporting.seed(db, member_of(known, "reporting"))
    finally:
        db.close()
    return Content(
        base_url=base_url,
        registration=registered,
        messaging=sent,
        attendance=attending,
        booking=booked,
        reporting=reported,
    )


def show_all(content: Content, phone: DemoPhone | None = None) -> Demo:
    """What pages show; `phone` is the one that takes the demo's calls."""
    base_url = content.base_url
    trials = [
        registration.show(base_url, content.registration),
        messaging.show(base_url, content.messaging),
        attendance.show(base_url, content.attendance),
        booking.show(base_url, content.booking),
        reporting.show(base_url, content.reporting),
    ]
    return Demo(trials, content.event_path, phone)
