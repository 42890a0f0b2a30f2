"""`curl` lines for each API, with this server's address and the key that was just made, or a name
in capitals in its place."""

from typing import TYPE_CHECKING

from turnout.core.identity.model import CredentialKind
from turnout.web.curl_samples import Sample, curl, set_from_answer

if TYPE_CHECKING:
    from turnout.web.console.credentials import Issued

_JOB = {
    "job_type": "email",
    "job_name": "First job",
    "subject": "Hello",
    "message": "Hello %%recipient%%!",
    "recipients": [{"destination": "jo@example.com", "recipient": "Jo"}],
}


def list_samples(base_url: str, user_code: str, issued: "Issued | None") -> list[Sample]:
    """A few lines for each of the five APIs, in the order of the start page."""
    kind = issued.credential.kind if issued else None
    secret = issued.secret if issued else ""
    event = issued.credential.event_id if issued else None

    def key(wanted: CredentialKind, name: str) -> str:
        return secret if kind is wanted else name

    api_key = key(CredentialKind.API_KEY, "API_KEY")
    company = key(CredentialKind.COMPANY_TOKEN, "COMPANY_TOKEN")
    event_token = key(CredentialKind.EVENT_TOKEN, "EVENT_TOKEN")
    developer = key(CredentialKind.DEVELOPER_SECRET, "DEVELOPER_SECRET")
    calendar = key(CredentialKind.CALENDAR_KEY, "CALENDAR_KEY")
    sign_in = curl("POST", f"{base_url}/v1.0/signin", [f"APIKey: {api_key}"])
    status = curl(
        "GET",
        f"{base_url}/v1.0/registerstatus",
        ["Authorization: Bearer $TOKEN"],
        query=["queueId=1"],
    )
    login = curl(
        "GET",
        f"{base_url}/api/login/json",
        [],
        query=["username=USER", "password=PASSWORD"],
    )
    attendance = [
        curl("GET", f"{base_url}/v1/company", [f"Authorization: company {company}"]),
        curl(
            "GET",
            f"{base_url}/v1/event/{event or 'EVENT'}.json",
            [f"Authorization: event {event_token}"],
        ),
    ]
    booking = [
        curl(
            "GET",
            f"{base_url}/api/events/list-events",
            [f"Authorization: Bearer {developer}"],
            query=["date=2027-01-01"],
        ),
        curl(
            "GET",
            f"{base_url}/api/events/list-events",
            [f"Authorization: Bearer {calendar}"],
            query=["date=2027-01-01"],
        ),
    ]
    jobs = curl("POST", f"{base_url}/api/v1/jobs", [], user=f"{user_code}:PASSWORD", body=_JOB)
    return [
        Sample("registration", f"{set_from_answer('TOKEN', sign_in, 'idToken')}\n{status}"),
        Sample("attendance", "\n".join(attendance)),
        Sample("booking", "\n".join(booking)),
        Sample("messaging", jobs),
        Sample("reporting", login),
    ]
