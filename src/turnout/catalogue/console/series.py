"""Series of events, and the pages at which several are registered for at once."""

LABELS = {
    "console.series.title": "Series",
    "console.series.lead": "A series groups events on a page of its own, where people register for "
    "several at once.",
    "console.series.new": "New series",
    "console.series.make": "Make series",
    "console.series.series": "Series",
    "console.series.address": "Page",
    "console.series.no_page": "No page yet",
    "console.series.events": "Events",
    "console.series.registered": "Registered",
    "console.series.none": "No series yet",
    "console.series.none_next": "Make one for events that belong together, such as monthly talks.",
    "console.series.all": "All series",
    "console.series.all_events": "All events",
    "console.series.name": "Name of the series",
    "console.series.page": "Name in the address of the page",
    "console.series.page_hint": "The page is at {begins}NAME. Small letters, digits and hyphens, a "
    "letter first; empty: no page. A former address leads to the new one.",
    "console.series.what": "Name and address",
    "console.series.events_here": "Events of the series",
    "console.series.order_hint": "In the order of the page: by date. It leaves out drafts, private "
    "and unlisted events, exams, and what is over.",
    "console.series.count.one": "1 registered",
    "console.series.count.many": "{count} registered",
    "console.series.empty": "No event yet: put in the first one.",
    "console.series.event": "Event",
    "console.series.choose": "Choose an event",
    "console.series.add": "Put in",
    "console.series.nothing_to_add": "Every event is in it. A new event can be put in once it is "
    "made.",
    "console.series.remove": "Take out",
    "console.series.see_page": "See the page",
    "console.series.calendar": "For calendars (ics)",
    "console.series.feed": "For readers (rss)",
    "console.series.share": "Page and feeds",
    "console.series.no_page_next": "Give the series a name in addresses: then it has a page, feeds "
    "and a code for papers.",
    "console.series.qr_file": "Download",
    "console.series.qr_alt": "Code that leads to the page of the series",
    "console.series.delete": "Delete {title}",
    "console.series.delete_used": "A series without events can be deleted.",
    "console.series.delete_what": "It has no events. Its page, and former addresses of it, lead "
    "nowhere then.",
    "console.series.keep": "Keep it",
    "console.series.done.made": "The series is made: put its events in.",
    "console.series.done.saved": "Saved.",
    "console.series.done.added": "The event is in the series.",
    "console.series.done.removed": "The event is out of the series. Those who are registered stay "
    "registered.",
    "console.series.done.deleted": "The series is deleted.",
}
