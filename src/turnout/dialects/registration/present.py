"""From the model to the wire: answers of the registration API."""

from urllib.parse import urlencode

import msgspec

from turnout.core.identity.signing import TOKEN_SECONDS
from turnout.core.registrations.submissions import ItemPage, QueueItem
from turnout.dialects.registration.decode import StatusQuestion
from turnout.dialects.registration.errors import sentence_of_item
from turnout.dialects.registration.wire import (
    CheckResult,
    ContactRef,
    Paging,
    Queued,
    QueuedSession,
    RegisterAnswer,
    SigninAnswer,
    StatusAnswer,
)

_encode = msgspec.json.Encoder().encode


def present_signin(token: str) -> bytes:
    """The answer of /signin; contract 1.2.1."""
    return _encode(SigninAnswer(id_token=token, expires_in=TOKEN_SECONDS))


def present_queued(items: list[QueueItem]) -> bytes:
    """The answer of /register; contract 2.1."""
    sessions = [
        QueuedSession(session_pak=item.session_pak, queue_id=item.id, status=item.status)
        for item in items
    ]
    contact = ContactRef(email=items[0].email)
    return _encode(RegisterAnswer(registration=Queued(contact=contact, sessions=sessions)))


def present_page(page: ItemPage, question: StatusQuestion, url: str) -> bytes:
    """The answer of /registerstatus; contract 2.2. `url` is the endpoint's own address."""
    results = [
        CheckResult(
            queue_id=item.id,
            status=item.status,
            session_pak=item.session_pak,
            email=item.email,
            contact_id=item.person_id or 0,
            message=sentence_of_item(item),
        )
        for item in page.items
    ]
    paging = _paging(page, question, url)
    return _encode(StatusAnswer(total_count=page.total, check_results=results, paging=paging))


def _paging(page: ItemPage, question: StatusQuestion, url: str) -> Paging | None:
    end = question.skip + question.limit
    if question.skip == 0 and page.total <= end:
        return None
    return Paging(
        previous=_page_url(url, question, max(0, question.skip - question.limit))
        if question.skip
        else None,
        next=_page_url(url, question, end) if page.total > end else None,
    )


def _page_url(url: str, question: StatusQuestion, skip: int) -> str:
    ids = ",".join(map(str, question.queue_ids))
    query = {"queueId": ids, "limit": question.limit} | ({"skip": skip} if skip else {})
    return f"{url}?{urlencode(query, safe=',')}"
