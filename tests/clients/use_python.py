"""What a customer does with generated clients: `use_python.py BASE_URL DEMO_JSON FOLDER`.

Runs in the generator's environment, with the clients in FOLDER; says in JSON what came of it.
"""

import base64
import json
import sys
import time
from pathlib import Path

BASE_URL, DEMO, FOLDER = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), sys.argv[3]
sys.path.insert(0, FOLDER)

import attendance.client  # noqa: E402
import booking.client  # noqa: E402
import messaging.client  # noqa: E402
import registration.client  # noqa: E402
import reporting.client  # noqa: E402
from attendance.api.attendees import check_ticket  # noqa: E402
from booking.api.registrations import count_registrations  # noqa: E402
from messaging.api.jobs import create_job, view_job  # noqa: E402
from messaging.models import JobTypeName, NewJob, NewRecipient  # noqa: E402
from registration.api.authentication import signin  # noqa: E402
from registration.api.registration import register, register_status  # noqa: E402
from registration.models import (  # noqa: E402
    Contact,
    EventRegistration,
    EventTarget,
    RegisterRequest,
    SessionsItem,
)
from reporting.api.login import login_json  # noqa: E402
from reporting.api.reports import report_json  # noqa: E402


def register_somebody():
    known = DEMO["registration"]
    client = registration.client.AuthenticatedClient(
        BASE_URL, token=known["apiKey"], prefix="", auth_header_name="APIKey"
    )
    token = signin.sync(client=client).id_token
    client = registration.client.AuthenticatedClient(BASE_URL, token=token)
    target = EventTarget(known["eventPak"], [SessionsItem(known["sessionPaks"][0])])
    contact = Contact(email="generated@example.com", first_name="Gen")
    body = RegisterRequest(EventRegistration(event=target, contact=contact))
    queued = register.sync(client=client, body=body)
    queue_id = queued.registration.sessions[0].queue_id
    for _ in range(100):
        (item,) = register_status.sync(client=client, queue_id=[queue_id]).check_results
        if item.status != "queued":
            return str(item.status.value)
        time.sleep(0.1)
    return "queued"


def check_in():
    known = DEMO["attendance"]
    client = attendance.client.AuthenticatedClient(
        BASE_URL, token=known["eventToken"], prefix="event"
    )
    code = known["ticketCodes"][0]
    first = check_ticket.sync_detailed(code, client=client)
    again = check_ticket.sync_detailed(code, client=client)
    return first.status_code == 200 and bool(first.parsed.tickets), int(again.status_code)


def count_candidates():
    client = booking.client.AuthenticatedClient(BASE_URL, token=DEMO["booking"]["secret"])
    return int(count_registrations.sync_detailed(client=client).status_code)


def send():
    user = DEMO["messaging"]["user"]
    basic = base64.b64encode(f"{user['username']}:{user['password']}".encode()).decode()
    client = messaging.client.AuthenticatedClient(BASE_URL, token=basic, prefix="Basic")
    job = NewJob(
        job_type=JobTypeName.SMS,
        job_name="My first job",
        message="Hello %%recipient%%!",
        recipients=[NewRecipient(destination="61412345678")],
    )
    made = create_job.sync_detailed(client=client, body=job)
    assert made.status_code == 200, made.content
    job_id = made.parsed.data
    details = view_job.sync(job_id, client=client).data
    return details.job_name, len(details.reports)


def report():
    known = DEMO["reporting"]
    client = reporting.client.Client(BASE_URL)
    success = login_json.sync(
        client=client, username=known["username"], password=known["password"]
    ).convey_api.result.success
    found = report_json.sync(
        client=client,
        si=success.sessionid.value,
        ui=success.userid.value,
        ei=str(DEMO["attendance"]["eventId"]),
    ).convey_api.result.success
    return str(found.eventid), bool(found.attendee_list.attendee)


checked_in, checked_again = check_in()
job, recipients = send()
reported_event, has_attendees = report()
print(
    json.dumps(
        {
            "registered": register_somebody(),
            "checked_in": checked_in,
            "checked_again": checked_again,
            "candidates": count_candidates(),
            "job": job,
            "recipients": recipients,
            "reported_event": reported_event,
            "has_attendees": has_attendees,
        }
    )
)
