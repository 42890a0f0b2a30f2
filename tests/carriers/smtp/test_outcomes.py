import pytest

from turnout.carriers import Misconfigured, Rejected, Retry, Unknown
from turnout.carriers.smtp.outcomes import RETRY_S, Reply, Stage, judge
from turnout.core.messaging.model import Status

GONE = {
    "5.1.1 Nobody",
    "5.1.10 Null MX",
    "5.4.4 No route",
    "5.4.1 Recipient address rejected: Access denied",
    "delivery error: dd This user doesn't have a yahoo.com account (jo@yahoo.com) [0]",
}


@pytest.mark.parametrize(
    ("stage", "code", "text", "kind"),
    [
        (Stage.RCPT, 450, "4.2.0 Greylisted", Retry),
        (Stage.END, 452, "4.3.1 Disk full", Retry),
        (Stage.MAIL, 421, "4.7.0 Too many", Retry),
        (Stage.DATA, 250, "what?", Retry),
        (Stage.RCPT, 999, "what?", Retry),
        (Stage.END, 999, "what?", Unknown),
        (Stage.END, 354, "what?", Unknown),
        (Stage.MAIL, 530, "5.7.0 Authentication required", Misconfigured),
        (Stage.RCPT, 535, "no", Misconfigured),
        (Stage.MAIL, 550, "5.1.1 Nobody", Status.PATHWAY_ERROR),
        (Stage.MAIL, 553, "bad sender", Status.PATHWAY_ERROR),
        (Stage.RCPT, 550, "5.1.1 Nobody", Status.BOUNCED),
        (Stage.RCPT, 552, "5.2.2 Mailbox full", Status.BOUNCED),
        (Stage.END, 550, "5.1.1 Nobody", Status.BOUNCED),
        (Stage.RCPT, 550, "5.1.8 Sender's domain not found", Status.PATHWAY_ERROR),
        (Stage.RCPT, 550, "5.1.7 Bad sender", Status.PATHWAY_ERROR),
        (Stage.RCPT, 550, "5.1.10 Null MX", Status.BOUNCED),
        (Stage.RCPT, 554, "5.7.1 Relay access denied", Status.PATHWAY_ERROR),
        (Stage.RCPT, 554, "5.4.4 No route", Status.BOUNCED),
        (Stage.RCPT, 550, "5.4.1 Recipient address rejected: Access denied", Status.BOUNCED),
        (
            Stage.END,
            554,
            "delivery error: dd This user doesn't have a yahoo.com account (jo@yahoo.com) [0]",
            Status.BOUNCED,
        ),
        (Stage.END, 552, "5.3.4 Too big", Status.PATHWAY_ERROR),
        (Stage.END, 554, "5.6.0 Bad content", Status.PATHWAY_ERROR),
        (Stage.RCPT, 550, "Nobody", Status.BOUNCED),
        (Stage.RCPT, 550, "5.0.0 Nobody", Status.BOUNCED),
        (Stage.RCPT, 501, "Syntax", Status.PATHWAY_ERROR),
        (Stage.DATA, 554, "No valid recipients", Status.PATHWAY_ERROR),
        (Stage.END, 550, "5.0.0 Spam", Status.PATHWAY_ERROR),
    ],
)
def test_answers_mean_what_the_table_says(stage, code, text, kind):
    reason = f"{stage}: {code} {text}"
    expected = {
        Retry: Retry(RETRY_S, reason),
        Misconfigured: Misconfigured(reason),
        Unknown: Unknown(reason),
    }.get(kind) or Rejected(kind, reason, is_gone=text in GONE and stage is not Stage.MAIL)
    assert judge(stage, Reply(code, text)) == expected
