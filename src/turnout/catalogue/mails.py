"""The mails that Turnout writes about events: subjects and texts in Markdown, with merge fields in
`%%`."""

LABELS = {
    "mail.greeting": "Hello,",
    "mail.greeting_guest": "Hello, this is for {name}.",
    "mail.greeting_name": "Dear {name},",
    "mail.ticket_use_door": "Show its code at the door, on paper (ticket.pdf) or on your phone:",
    "payment.how": "Please pay {amount} by {date}, with the reference {reference}. A ticket that "
    "is not paid by then is cancelled. Questions about paying are answered by {whom}.",
    "payment_mail.amount": "[amount]",
    "payment_mail.reference": "[reference]",
    "payment_mail.due": "[date]",
    "mail.ticket_use_online": "Your ticket:",
    "mail.confirmation.subject": "Your ticket: %%event%%",
    "mail.confirmation.text": (
        "%%greeting%%\n"
        "\n"
        "Your ticket for %%event%% is attached.\n"
        "\n"
        "%%event_date%%\n"
        "%%event_place%%\n"
        "Online: %%event_online%%\n"
        "Ticket: %%ticket_type%%, %%ticket_code%%\n"
        "\n"
        "%%payment%%\n"
        "\n"
        "Watch it here:\n"
        "%%watch_links%%\n"
        "\n"
        "%%ticket_use%%\n"
        "%%ticket_link%%"
    ),
    "mail.waiting.subject": "You are on the waiting list: %%event%%",
    "mail.waiting.text": (
        "%%greeting%%\n"
        "\n"
        "You are on the waiting list for %%event%%. When a place becomes free and it is your "
        "turn, we write to you again, and hold it for you for some time.\n"
        "\n"
        "Ticket: %%ticket_type%%\n"
        "Price: %%price%%\n"
        "\n"
        "See where you stand, or leave the list, here:\n"
        "%%waiting_link%%"
    ),
    "mail.offer.subject": "A place is free: %%event%%",
    "mail.offer.text": (
        "%%greeting%%\n"
        "\n"
        "A place for %%event%% has become free, and it is held for you until\n"
        "%%deadline%%.\n"
        "\n"
        "Ticket: %%ticket_type%%\n"
        "Price: %%price%%\n"
        "\n"
        "Take it, or leave it to the next on the list, here:\n"
        "%%offer_link%%"
    ),
    "mail.reminder.subject": "Reminder: %%event%%",
    "mail.reminder.text": (
        "%%greeting%%\n"
        "\n"
        "%%event%% is coming up, and you are registered.\n"
        "\n"
        "%%event_date%%\n"
        "%%event_place%%\n"
        "Online: %%event_online%%\n"
        "\n"
        "%%directions%%\n"
        "\n"
        "Your ticket, %%ticket_code%%:\n"
        "%%ticket_link%%\n"
        "\n"
        "Watch it here:\n"
        "%%watch_links%%"
    ),
    "mail.cancelled.subject": "Cancelled: %%event%%",
    "mail.cancelled.text": (
        "%%event%% is cancelled.\n"
        "\n"
        "%%message%%\n"
        "\n"
        "It was planned for:\n"
        "%%event_date%%\n"
        "\n"
        "Open the attached file to take it out of your calendar.\n"
        "\n"
        "%%event_link%%"
    ),
    "mail.postponed.subject": "New date: %%event%%",
    "mail.postponed.text": (
        "%%event%% is moved. It takes place:\n"
        "%%event_date%%\n"
        "%%event_place%%\n"
        "Online: %%event_online%%\n"
        "\n"
        "%%message%%\n"
        "\n"
        "Your ticket stays good. Open the attached file to correct your calendar.\n"
        "\n"
        "%%event_link%%"
    ),
    "mail.date_open.subject": "Postponed: %%event%%",
    "mail.date_open.text": (
        "%%event%% is postponed. The new date is not known yet.\n"
        "\n"
        "%%message%%\n"
        "\n"
        "Your ticket stays good. Open the attached file to take the old date out of your "
        "calendar.\n"
        "\n"
        "%%event_link%%"
    ),
    "mail.changed.subject": "Changed: %%event%%",
    "mail.changed.text": (
        "%%event%% has changed. It takes place:\n"
        "%%event_date%%\n"
        "%%event_place%%\n"
        "Online: %%event_online%%\n"
        "\n"
        "%%message%%\n"
        "\n"
        "Your ticket stays good. Open the attached file to correct your calendar.\n"
        "\n"
        "%%event_link%%"
    ),
    "mail.certificate.subject": "Your certificate: %%event%%",
    "mail.certificate.text": (
        "%%greeting%%\n"
        "\n"
        "Your certificate for %%event%% is attached.\n"
        "\n"
        "Anyone to whom you show it can check here that it is genuine:\n"
        "%%certificate_link%%"
    ),
    "mail.registration_cancelled.subject": "Your registration is cancelled: %%event%%",
    "mail.registration_cancelled.text": (
        "%%greeting%%\n"
        "\n"
        "Your registration for %%event%% is cancelled.\n"
        "%%event_date%%\n"
        "\n"
        "%%guest%%\n"
        "\n"
        "%%message%%"
    ),
    "mail.registration_changed.subject": "Your registration was changed: %%event%%",
    "mail.registration_changed.text": (
        "%%greeting%%\n"
        "\n"
        "Your registration for %%event%% was changed.\n"
        "%%event_date%%\n"
        "\n"
        "%%guest%%\n"
        "\n"
        "%%changes%%"
    ),
    "mail.now_type": "Your ticket is of the type {type} now. Its code stays.",
    "mail.now_booked": "You have a place in: {session}.",
    "mail.now_left": "Your place is cancelled in: {session}.",
    "mail.transferred.subject": "Your ticket was passed on: %%event%%",
    "mail.transferred.text": (
        "%%greeting%%\n"
        "\n"
        "The ticket %%ticket_code%% for %%event%% was passed on to somebody else and lets nobody "
        "in any more.\n"
        "%%event_date%%\n"
        "\n"
        "%%guest%%"
    ),
    "mail.about_guest": "This is about your guest {name}.",
    "mail.contact_note": "You get this as the contact of people who are registered.",
    "mail.no_place.subject": "No place is free: %%event%%",
    "mail.no_place.text": (
        "Somebody, perhaps you, asked for a place at %%event%% with this address.\n"
        "No place is free now. You can join the waiting list on the event's page:\n"
        "%%event_link%%"
    ),
    "mail.has_places.subject": "There are places: %%event%%",
    "mail.has_places.text": (
        "Somebody, perhaps you, asked to wait for a place at %%event%% with this address.\n"
        "There are places: you can register on the event's page:\n"
        "%%event_link%%"
    ),
    "mail.no_more.subject": "No more tickets of that type: %%event%%",
    "mail.no_more.text": (
        "Somebody, perhaps you, asked for one more ticket for %%event%% with this address.\n"
        "You have as many as one person may have. Other tickets are on the event's page:\n"
        "%%event_link%%"
    ),
    "mail.other_ticket.subject": "You are registered already: %%event%%",
    "mail.other_ticket.text": (
        "%%greeting%%\n"
        "\n"
        "Somebody, perhaps you, asked on the event's page for the ticket %%ticket_type%% "
        "with this address. You are registered for %%event%% already, so nothing has "
        "changed.\n"
        "\n"
        "To have that ticket instead, or as well, ask: %%organizer%%, %%contact%%\n"
        "\n"
        "Your own page: %%my_link%%"
    ),
    "mail.withdrawn.subject": "The place is not held any more: %%event%%",
    "mail.withdrawn.text": (
        "%%greeting%%\n"
        "\n"
        "%%event%% is closed for registration, so the place that was held for you was given "
        "back. You keep your place on the waiting list: if registration opens again and it is "
        "your turn, we write to you.\n"
        "\n"
        "See where you stand, or leave the list, here:\n"
        "%%waiting_link%%"
    ),
    "mail.session_cancelled.subject": "Cancelled: %%session%% (%%event%%)",
    "mail.session_cancelled.text": (
        "%%session%% is cancelled. It was planned for\n"
        "%%session_date%%.\n"
        "\n"
        "%%message%%\n"
        "\n"
        "Your ticket for %%event%% stays good."
    ),
    "mail.waiting_cancelled.subject": "Does not take place: %%event%%",
    "mail.waiting_cancelled.text": (
        "%%event%% does not take place. It was planned for\n"
        "%%event_date%%.\n"
        "\n"
        "%%message%%\n"
        "\n"
        "You were on its waiting list, which has ended with whatever was offered to you. You "
        "need to do nothing."
    ),
    "mailing.leave": "To get no more mailings: {link}",
    "mailing.unsubscribe": "Unsubscribe",
    "mail.my_link": "Your own page, with all that you can do: {link}",
    "mail.guest_code.subject": "Your code for your ticket",
    "mail.guest_code.text": "Your code for your ticket for {event} is {place}. It is good for "
    "ten minutes and for one thing alone: {deed}. If this was not you, ignore this mail and tell "
    "nobody the code.",
    "mail.erasure_asked.subject": "Somebody asks to be erased",
    "mail.erasure_asked.text": (
        "{email} asks on their personal page that what you keep of them is erased, and proved the "
        "address with a mailed code.\n"
        "\n"
        "Look at what you must keep, then erase them (Everyone, in the console, or: turnout person "
        "erase {org} {email}), and answer to the address."
    ),
    "mail.logo": "Logo of {organizer}",
    "mail.button.ticket_link": "Show the ticket",
    "mail.button.waiting_link": "See where you stand",
    "mail.button.offer_link": "Answer the offer",
    "mail.button.certificate_link": "Check the certificate",
    "mail.button.event_online": "Take part online",
    "mail.button.event_link": "See the event",
    "mail.button.invitation": "Answer the invitation",
    "mail.button.my_link": "Open your own page",
    "mail.code.subject": "Your verification code",
    "mail.code.text": "Your code to register for {event} is {place}. It is good for ten minutes. "
    "If this was not you, ignore this mail.",
}
