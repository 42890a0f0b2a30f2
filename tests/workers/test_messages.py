"""What carriers get of a job: a text beside HTML, and in mailings a link to leave."""

import pytest

from tests.support.builder import make_organization
from tests.support.node import LocalNode
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import (
    Content,
    JobHead,
    JobOptions,
    JobState,
    JobType,
    Kind,
    Purpose,
)
from turnout.formats.mail_html import to_mail_html
from turnout.workers.messages import as_sent, footer_language, html_footer, to_message

FOOTER = html_footer("en")
FOOT = "\n\n-- \nTo get no more mailings: %%unsubscribe%%\n"
MARKETING = JobOptions()
SERVICE = JobOptions(purpose=Purpose.SERVICE)


def head_of(
    content: Content,
    job_type: JobType = JobType.EMAIL,
    options: JobOptions = MARKETING,
    kind: Kind = Kind.BROADCAST,
) -> JobHead:
    return JobHead(
        org_id=OrgId(7),
        id=JobId(9),
        user_id=None,
        kind=kind,
        job_type=job_type,
        lane="email",
        name="News",
        state=JobState.SENDING,
        is_paused=False,
        sender="news@example.org",
        content=content,
        options=options,
        timezone="UTC",
        cutoff_at=None,
        expires_at=None,
        closing_reason="",
    )


def page(body: str) -> str:
    """The whole document; what stands before `</body>`."""
    empty = to_mail_html("x")
    return empty.replace("x\n</body>", f"{body}</body>")


def sent(head: JobHead, language: str = "en") -> tuple[str, str, dict[str, str]]:
    message = as_sent(to_message(head, ()), head, language)
    return message.text, message.html, dict(message.headers)


@pytest.mark.parametrize(
    ("content", "text", "html"),
    [
        (Content(text="Hello\n"), "Hello" + FOOT, ""),
        (Content(text="%%Unsubscribe%% here"), "%%Unsubscribe%% here", ""),
        (
            Content(text="Hello", html="<p>Hello</p>"),
            "Hello" + FOOT,
            page(f"<p>Hello</p>\n{FOOTER}"),
        ),
        (
            Content(html="<body><p>Hello</p></BODY></html>"),
            "Hello" + FOOT,
            page(f"<div><p>Hello</p></div>\n{FOOTER}"),
        ),
        (
            Content(html='<a href="%%unsubscribe%%">Go</a>'),
            "Go <%%unsubscribe%%>",
            page('<a href="%%unsubscribe%%">Go</a>\n'),
        ),
        (
            Content(html="<style>p{color:red}</style><p onclick=x()>%%a%%<script>x()</script>"),
            "%%a%%" + FOOT,
            page(f'<p style="color: red;">%%a%%</p>\n{FOOTER}'),
        ),
    ],
)
def test_a_mailing_can_be_left(content: Content, text: str, html: str) -> None:
    headers = {
        "List-Id": "<org-7.example.org>",
        "Feedback-ID": "job-9:org-7:mailing:turnout",
    }
    assert sent(head_of(content)) == (text, html, headers)


@pytest.mark.parametrize(
    ("language", "leave", "unsubscribe"),
    [
        ("de", "Um keine Rundschreiben mehr zu erhalten: ", ">Abbestellen</a>"),
        ("es", "Para no recibir más envíos: ", ">Darse de baja</a>"),
    ],
)
def test_the_way_to_leave_is_in_the_organizations_language(
    language: str, leave: str, unsubscribe: str
) -> None:
    text, html, _ = sent(head_of(Content(text="Hi", html="<p>Hi</p>")), language)
    assert text == f"Hi\n\n-- \n{leave}%%unsubscribe%%\n"
    assert unsubscribe in html


def test_that_language_is_the_organizations_or_english(node: LocalNode) -> None:
    org_id = node.db.call(make_organization, "newsletters")
    for locale, spoken in (("de-AT", "de"), ("es", "es"), ("fr", "en")):
        change = OrganizationChange(locale=locale)
        node.db.call(change_organization, org_id, change, actor="test")
        assert node.db.call(footer_language, org_id) == spoken


@pytest.mark.parametrize(
    ("head", "html", "headers"),
    [
        (head_of(Content(html="<p>Hi</p>"), options=SERVICE), page("<p>Hi</p>\n"), {}),
        # Turnout's own are whole already.
        (
            head_of(Content(html="<p>Hi</p>"), kind=Kind.NOTICE),
            "<p>Hi</p>",
            {"Auto-Submitted": "auto-generated"},
        ),
    ],
)
def test_other_mails_have_a_text_and_no_footer(
    head: JobHead, html: str, headers: dict[str, str]
) -> None:
    assert sent(head) == ("Hi", html, headers)


def test_an_sms_stays_as_it_is() -> None:
    assert sent(head_of(Content(text="Hi"), JobType.SMS)) == ("Hi", "", {})
