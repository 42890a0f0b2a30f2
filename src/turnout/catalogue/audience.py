"""What is said about sessions, media, surveys and reports."""

SENTENCES = {
    "contact.email_typed": "Type your e-mail address, such as ada@example.com.",
    "media.url": "The address must begin with https://, http:// or /.",
    "media.window": "A session must be live for a second at least.",
    "question.many": "You have asked {limit} questions already.",
    "question.missing": "There is no question {question_id}.",
    "registration.cancelled": "This registration is cancelled.",
    "reporting.event": "You may not see reports of event {event_id}.",
    "reporting.missing": "User {user_id} sees no reports.",
    "reporting.nobody": "The user may not see reports.",
    "session.ended": "The session is unknown or over. Log in again.",
    "session.not_in_event": "Event {event_id} has no session {session_id}.",
    "survey.choice": "{text!r} is none of the choices of {question!r}.",
    "survey.closed": "It is closed: no more answers are taken.",
    "survey.empty": "Answer one question at least.",
    "survey.items": "Ask one question at least, and {limit} at most.",
    "survey.missing": "There is no survey {survey_id}.",
    "survey.not_here": "There is no survey {survey_id} here.",
    "text.length": "Type a text of up to {limit} characters.",
    "viewing.empty": "The end must be a second after the start, or later.",
    "viewing.missing": "Registration {registration_id} has nothing to watch in session "
    "{session_id}.",
    "viewing.none": "There is nothing to watch for you here.",
    "viewings.columns": "The first line must name email, start, and end or duration, of {columns}.",
    "watch.code": "That is not the code, or it is too old.",
}
