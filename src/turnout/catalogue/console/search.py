"""The search of the bar."""

LABELS = {
    "console.search.beginnings": "People are found by how their names and addresses begin: the "
    "database of this server lacks what finds parts of them. \u201cturnout doctor\u201d tells its "
    "operator what to do.",
    "console.search.title": "Search",
    "console.search.found": "Search for \u201c{text}\u201d",
    "console.search.none": "Nothing has \u201c{text}\u201d",
    "console.search.nothing": "Type what you look for",
    "console.search.hint": "Search for an event's title or number, a person's name, address or "
    "phone, a ticket code, a payment reference, or a message's name or number.",
    "console.search.ticket": "Ticket",
    "console.search.events": "Events",
    "console.search.people": "People",
    "console.search.jobs": "Messages",
    "console.search.job": "Job {number}, {at}",
}
