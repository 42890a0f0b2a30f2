"""Certificates: who has earned one, what is on the paper, and what its code proves."""

import io

import pypdfium2
import pytest
import zxingcpp

from tests.core.checkin.test_scans import code_of, scan
from tests.formats.pdf.reading import read_text, squeeze
from tests.support.failures import refuses
from turnout.core.certificates import issuing
from turnout.core.certificates.drawing import draw_certificates, say_event_days
from turnout.core.certificates.issuing import Template
from turnout.core.events.showing import get_shown_event
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.mails.languages import event_language
from turnout.core.registrations.giving_back import cancel_registration
from turnout.errors import Conflict, Invalid, Missing

ANN, BOB, CID = "ann@example.com", "bob@example.com", "cid@example.com"
NAMES = {ANN: ("Ann", "Lee"), BOB: ("فاطمة", "الزهراء"), CID: ("さくら", "山田")}
MINUTE_MS = 60_000
NOBODY = RegistrationId(0)


class Awarding:
    """An event that is over: Ann was checked in, Bob watched for 45 minutes, Cid did neither."""

    def __init__(self, desk) -> None:
        self.desk, self.org_id, self.event_id = desk, desk.org_id, desk.event.id
        for email, (first, last) in NAMES.items():
            desk.decide(desk.apply(email, first_name=first, last_name=last))
        scan(desk, code_of(desk, ANN))
        self.watch(BOB, 0, 30)
        self.watch(BOB, 40, 55)
        self.end()

    def end(self) -> None:
        now = self.desk.db.call(lambda tx: tx.now)
        times = {"starts_at": now - 9 * MINUTE_MS, "ends_at": now - MINUTE_MS}
        self.desk.set("events", self.event_id, **times)

    def watch(self, email: str, start: int, end: int) -> None:
        number = self.desk.get(email).registration.id
        session = self.desk.account.sessions[0].id
        self.desk.node.execute(
            "INSERT INTO viewings (org_id, event_id, registration_id, mode, session_id, starts_at,"
            f" ends_at) VALUES ({self.org_id}, {self.event_id}, {number}, 'live', {session},"
            f" {start * MINUTE_MS}, {end * MINUTE_MS})"
        )

    def call(self, verb, *arguments, **named):
        return self.desk.db.call(verb, self.org_id, *arguments, **named)

    def issue(self) -> int:
        done = self.call(issuing.issue_certificates, self.event_id, NOBODY, actor="staff")
        assert done[1] is None
        return done[0]

    def set(self, **facts) -> None:
        self.call(issuing.set_template, self.event_id, Template(**facts), actor="staff")

    def list(self) -> list[issuing.Certificate]:
        return self.call(issuing.list_certificates, self.event_id, NOBODY)


@pytest.fixture
def awarding(desk) -> Awarding:
    return Awarding(desk)


def test_those_who_came_get_one_once(awarding):
    assert (awarding.issue(), awarding.issue()) == (1, 0)
    (ann,) = awarding.list()
    assert (ann.name, ann.email, ann.minutes, ann.mailed_at) == ("Ann Lee", ANN, 0, None)
    assert len(ann.code) == 20


def test_minutes_watched_earn_one_too(awarding):
    awarding.set(minimum_minutes=46)
    assert awarding.issue() == 1
    awarding.set(minimum_minutes=45)
    assert awarding.issue() == 1
    assert [(one.first_name, one.minutes) for one in awarding.list()] == [("Ann", 0), ("فاطمة", 45)]


def test_many_are_issued_in_slices(awarding, monkeypatch):
    monkeypatch.setattr(issuing, "SLICE", 1)
    awarding.set(minimum_minutes=1)
    after: RegistrationId | None = NOBODY
    counts = []
    for _ in range(3):
        count, after = awarding.call(
            issuing.issue_certificates, awarding.event_id, after, actor="staff"
        )
        counts.append((count, after is None))
    assert counts == [(1, False), (1, False), (0, True)]


def test_none_before_the_end_and_none_for_who_cancelled(awarding):
    number = awarding.desk.get(ANN).registration.id
    awarding.call(cancel_registration, number, actor="test")
    assert awarding.issue() == 0
    awarding.desk.set("events", awarding.event_id, ends_at=2**52)
    with refuses(Conflict, "certificate.early", event_id=awarding.event_id):
        awarding.issue()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"title": " "}, "certificate.empty"),
        ({"text": ""}, "certificate.empty"),
        ({"signer": "a\x00b"}, "certificate.empty"),
        ({"text": "x" * 1001}, "certificate.long"),
        ({"signer": "x" * 101}, "certificate.long"),
        ({"text": "%%email%%"}, "certificate.field"),
        ({"minimum_minutes": -1}, "certificate.minutes"),
    ],
)
def test_templates_that_are_refused(awarding, facts, code):
    with pytest.raises(Invalid) as refused:
        awarding.set(**facts)
    assert refused.value.code == code
    assert awarding.call(issuing.get_template, awarding.event_id) == Template()


def test_a_code_proves_what_the_paper_says_until_it_is_withdrawn(awarding):
    awarding.issue()
    (ann,) = awarding.list()
    for code in (ann.code, issuing.show_code(ann.code).lower()):
        proven = awarding.call(issuing.prove_certificate, code)
        assert (proven.name, proven.withdrawn_at) == ("Ann Lee", None)
        assert proven.shown.event.id == awarding.event_id
    for _ in range(2):
        awarding.call(issuing.withdraw_certificate, ann.code, actor="staff")
    assert awarding.call(issuing.prove_certificate, ann.code).withdrawn_at is not None
    assert awarding.call(issuing.send_certificate, awarding.event_id, ann, b"", "") is False


def test_other_codes_prove_nothing(awarding, node):
    awarding.issue()
    (ann,) = awarding.list()
    other = node.add_account(f"elsewhere-{awarding.org_id}")
    for org_id, code in [
        (other.org_id, ann.code), (awarding.org_id, ann.code[:-1]),
        (awarding.org_id, ann.code + "A"),
        (awarding.org_id, ""), (OrgId(2**40), ann.code),
    ]:  # fmt: skip
        with refuses(Missing, "certificate.missing"):
            awarding.desk.db.call(issuing.prove_certificate, org_id, code)
    with refuses(Missing, "certificate.missing"):
        awarding.desk.db.call(
            issuing.withdraw_certificate, other.org_id, ann.code, actor="elsewhere"
        )
    listed = issuing.list_certificates, other.org_id, awarding.event_id, NOBODY
    assert awarding.desk.db.call(*listed) == []


def test_a_certificate_goes_with_its_registration_and_its_person(awarding):
    awarding.set(minimum_minutes=1)
    awarding.issue()
    ann, bob = awarding.list()
    person = awarding.desk.get(BOB).registration.person_id
    awarding.desk.set("people", person, first_name="", last_name="")
    with refuses(Missing, "certificate.missing"):
        awarding.call(issuing.prove_certificate, bob.code)
    assert awarding.call(issuing.prove_certificate, ann.code).name == "Ann Lee"


def test_the_mail_has_the_paper_and_where_to_prove_it(awarding):
    awarding.issue()
    (ann,) = awarding.list()
    url = issuing.proof_url("https://events.example.com", awarding.org_id, ann.code)
    assert awarding.call(issuing.send_certificate, awarding.event_id, ann, b"%PDF", url) is True
    assert awarding.list()[0].mailed_at is not None
    assert awarding.desk.ask(
        f"SELECT address FROM recipients WHERE org_id = {awarding.org_id} AND fields LIKE '%{url}%'"
    ) == [ANN]
    assert awarding.desk.ask(
        f"SELECT count(*) FROM job_files WHERE org_id = {awarding.org_id}"
    ) == [1]


def test_the_paper(awarding):
    awarding.set(
        title="Teilnahme", text="war bei %%event%% am %%date%%, %%minutes%% Minuten.",
        signer="Dr. %%organizer%%", minimum_minutes=1,
    )  # fmt: skip
    awarding.issue()
    found = awarding.list()
    shown = awarding.call(get_shown_event, awarding.event_id)
    template = awarding.call(issuing.get_template, awarding.event_id)
    out = io.BytesIO()
    url = "https://events.example.com"
    pages = draw_certificates(out, awarding.org_id, shown, "Acme", template, found, url)
    assert pages == 2
    text = "".join(read_text(out.getvalue(), 1))
    for words in (
        "Teilnahme", "فاطمة", "الزهراء", "45 Minuten.", "Dr. Acme",
        say_event_days(shown.event, "en"), issuing.show_code(found[1].code),
    ):  # fmt: skip
        assert squeeze(words) in text
    document = pypdfium2.PdfDocument(out.getvalue())
    assert document[0].get_width() > document[0].get_height()
    (code,) = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil().convert("L"))
    assert code.text == issuing.proof_url(url, awarding.org_id, found[0].code)


def papers(awarding) -> list[str]:
    """The text of each page, in the order of the registrations."""
    found = awarding.list()
    shown = awarding.call(get_shown_event, awarding.event_id)
    template = awarding.call(issuing.get_template, awarding.event_id)
    out = io.BytesIO()
    language = awarding.call(event_language, shown)
    draw_certificates(
        *(out, awarding.org_id, shown, "Acme", template, found, "https://x.example"),
        language=language,
    )
    return ["".join(read_text(out.getvalue(), page)) for page in range(len(found))]


def test_a_paper_is_in_the_language_in_which_its_holder_registered(awarding):
    awarding.set(minimum_minutes=1)
    for email, language in ((ANN, "de"), (BOB, "")):
        registration = awarding.desk.get(email).registration
        awarding.desk.set("registrations", registration.id, language=language)
    awarding.issue()
    german, english = papers(awarding)
    event = awarding.call(get_shown_event, awarding.event_id).event
    assert squeeze("Teilnahmebescheinigung") in squeeze(german)
    assert squeeze(say_event_days(event, "de")) in squeeze(german)
    assert squeeze("Certificate of attendance") in squeeze(english)
    assert squeeze(say_event_days(event, "en")) in squeeze(english)


def test_what_an_organizer_wrote_on_it_is_not_translated(awarding):
    awarding.set(title="Well done", text="on %%date%%", minimum_minutes=1)
    registration = awarding.desk.get(ANN).registration
    awarding.desk.set("registrations", registration.id, language="de")
    awarding.issue()
    event = awarding.call(get_shown_event, awarding.event_id).event
    page = squeeze(papers(awarding)[0])
    assert squeeze(f"on {say_event_days(event, 'en')}") in page
    assert squeeze("Is this certificate genuine?") in page


def test_missing_events_are_missing(awarding):
    missing = EventId(9_999_999)
    with refuses(Missing, "event.missing", event_id=missing):
        awarding.call(issuing.get_template, missing)
    with refuses(Missing, "event.missing", event_id=missing):
        awarding.call(issuing.issue_certificates, missing, NOBODY, actor="staff")
