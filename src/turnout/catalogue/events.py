"""What is said about events, their programme, and the server's own address."""

SENTENCES = {
    "series.chosen": "Tick at least one event.",
    "series.busy": "Many people register at this moment. Register on the page of each event.",
    "page_name.form": "{name!r} is no name for an address: small letters, digits and hyphens, "
    "a letter first, 60 at most, and none that addresses use already, such as series.",
    "page_name.taken": "{name!r} is the name of another one. Choose another name.",
    "series.in_use": "{title} has {events:event|events}: take them out of the series first.",
    "series.missing": "There is no series {channel_id}. `turnout channel list` lists them.",
    "archive.broken": "The file is no archive of `turnout event export`, or it is damaged.",
    "archive.large": "{name} in the file is larger than {limit} bytes.",
    "archive.line": "A line of {name} in the file is longer than {limit} bytes.",
    "archive.member": "The file is no archive of `turnout event export`: {name!r} is missing in "
    "it, or should not be.",
    "archive.size": "The file is empty, or larger than {limit} MB.",
    "certificate.early": "Event {event_id} is not over yet: certificates are issued afterwards.",
    "certificate.empty": "A certificate needs a title and a text.",
    "certificate.field": "A certificate has no field %%{field}%%. Known are {known}.",
    "certificate.long": "A certificate's title and signer have up to {title} characters, its text "
    "up to {text}.",
    "certificate.minutes": "The minutes that earn a certificate must be 0 to {limit}.",
    "certificate.missing": "There is no certificate with this code. Compare it with the paper.",
    "certificate.none": "There is no such certificate: `turnout certificate issue` makes them.",
    "certificate.throttled": "Too many codes were asked for from your address. Try again in "
    "{retry_after:second|seconds}.",
    "callback.missing": "There is no callback {callback_id}.",
    "capacity.held": "Event {event_id} cannot have {capacity:place|places}: {held:is|are} taken "
    "already. Set {held} or more, or cancel some first.",
    "capacity.negative": "A capacity of {capacity} is not possible.",
    "colour.form": "{colour!r} is not a colour such as #0a7d5c.",
    "country.form": "{country!r} is not the code of a country (ISO 3166-1 alpha-2), such as DE.",
    "event_question.answered": "{question!r} was answered: its name and its kind stay. Change "
    "what people read with --label, or remove it and add another.",
    "event_question.both": "A question is required or optional, not both.",
    "event_question.choice": "{choice!r} has a semicolon, which parts choices in an answer.",
    "event_question.choice_twice": "A choice is there twice.",
    "event_question.choices": "Such a question has 1 to {limit} choices.",
    "event_question.many": "An event asks up to {limit} questions.",
    "event_question.missing": "Event {event_id} has no question {question_id}: see `turnout "
    "question list`.",
    "event_question.no_choices": "A question of the kind {kind} has no choices.",
    "event_question.place": "The first place is 1, not {place}.",
    "event_question.removed_name": "Question {question_id} was called {name!r} and was answered: "
    "ask it again with `turnout question set --restore`, or choose another name.",
    "event_question.same_name": "Question {question_id} is called {name!r} already.",
    "event_question.sign": "{name!r} has a =, behind which an answer would begin.",
    "event_question.consents": "{kind} is no agreement: only an agreement can be to marketing.",
    "event_question.consent_required": "{name} is a consent to marketing: it cannot be required, "
    "as it would not be given freely.",
    "event_question.text": "A question of the kind {kind} has no text to agree to.",
    "event_question.text_missing": "An agreement needs the text that is agreed to.",
    "event_question.texts": "Give the text, or a file with it, not both.",
    "event_question.unchanged": "Name what is to change; see `turnout question set --help`.",
    "event.close": "Event {event_id} is {state}: only an open one can be closed.",
    "event.companions": "Somebody may register 0 to {limit} people along.",
    "event.pictures": "An event's page shows up to {limit} pictures of it. Take some away first.",
    "event.date_open": "Event {event_id} is postponed without a new date already.",
    "event.copy_exam": "Event {event_id} is an exam: make another with `turnout exam create`.",
    "event.delete_state": "Event {event_id} is {state}, and only a draft can be deleted. Cancel "
    "it instead.",
    "event.delete_cancelled": "Event {event_id} is cancelled already, and only a draft can be "
    "deleted. It stays, and its page says that it is cancelled. `turnout retention` says when its "
    "people are forgotten.",
    "event.guest_right": "{right!r} is nothing that guests may do: {known}, or `none`.",
    "event.in_use": "Event {event_id} cannot be deleted: people are registered, invited or "
    "waiting, or it has an exam, surveys, scans or tokens.",
    "event.missing": "There is no event {event_id}.",
    "event.revive": "Event {event_id} is cancelled. With --revive, "
    "{registrations:registration is|registrations are} valid again, and nobody is told: a job to "
    "the list `event:{event_id}` writes to them.",
    "event.no_news": "Event {event_id} is {state}: there is nothing to tell.",
    "event.no_date": "Event {event_id} is postponed, and its new date is not known yet: set it "
    "with `turnout event postpone`.",
    "event.publish": "Event {event_id} is {state}: only a draft can be published.",
    "event.registration_ended": "The registration of event {event_id} has ended: set a later end, "
    "or none, with `turnout event set --registration-ends`.",
    "event.reopen": "Event {event_id} is {state}: only a closed one can be opened again.",
    "language.unknown": "{language!r} is not a language of Turnout. It has these: {known}.",
    "language.form": "{language!r} is not the tag of a language such as en, de or pt-BR.",
    "mail.empty": "A mail needs a subject and a text.",
    "mail.field": "A mail of the kind {kind} has no field %%{field}%%. Known are {known}.",
    "mail.words_field": "Nothing is filled in among your own words: %%{field}%% would be read as "
    "it is written. Write what it stands for.",
    "mail.link": "A mail of the kind {kind} needs %%{field}%% in its text.",
    "mail.long": "A mail's subject has up to {subject} characters, its text up to {text}.",
    "mail.no_default": "The organization has no text of its own for {kind} in {language}.",
    "mail.no_event": "A mail is filled in from an event: make one first.",
    "mail.none": "Event {event_id} has no text of its own for {kind} in {language}: `turnout mail "
    "list` shows those that it has.",
    "mail.target": "%%{field}%% is no address, so it cannot be the target of a link, or only a "
    "part of one: write [text](%%ticket_link%%).",
    "mail.text": "A mail's subject is one line, and neither it nor the text has control "
    "characters.",
    "money.ambiguous": "{text!r} can be read in two ways: write {thousands} or {decimals}.",
    "money.amount": "{text!r} is not an amount: write it as {example}.",
    "money.currency": "{currency!r} is not the code of a currency (ISO 4217), such as EUR or USD.",
    "money.decimals": "{text!r} has more decimals than {currency}, which has {decimals}.",
    "money.large": "{text!r} is too much: an amount is at most {limit}.",
    "money.other_currency": "{text!r} is in another currency than {currency}.",
    "picture.broken": "The picture cannot be read: it is damaged, or needs too much to be decoded.",
    "picture.form": "The file is no picture: JPEG, PNG, WebP and AVIF are taken.",
    "picture.large": "The picture has more than {limit} MB.",
    "picture.missing": "There is no picture {digest}.",
    "picture.pixels": "The picture has more than {limit} megapixels.",
    "picture.quota": "The organization may keep no more files; `turnout org set --file-quota-mb` "
    "sets how many.",
    "picture.unfit": "The picture cannot be made smaller than {limit} kB.",
    "portable.cancelled": "A ticket or booking in the file is of registration {place}, counted "
    "from 0, which is cancelled or not there.",
    "portable.default": "The event in the file must have one default ticket type.",
    "portable.exam": "Event {event_id} is an exam, which cannot be exported.",
    "portable.form": "{place} in the file is not as it should be: {said}.",
    "portable.many": "The file has more than {limit} {list}.",
    "portable.no_user": "The event has invitations, which need a user of the organization: make "
    "one with `turnout user create`, and import it again.",
    "portable.offer": "Entry {place} of the waiting list in the file, counted from 0, is offered a "
    "place and has no deadline.",
    "portable.picture": "The file names a picture {name!r}, but does not have it.",
    "portable.pictures": "The file has more than {limit} pictures.",
    "portable.place": "The file names number {place} of {list}, counted from 0, before it is "
    "there.",
    "portable.places": "The file holds {held:place|places} of {list}, and the event has "
    "{capacity}.",
    "portable.text": "{place} in the file has a character that cannot be kept.",
    "portable.ticketless": "Registration {place} of the file, counted from 0, has no valid ticket.",
    "portable.twice": "Number {place} of {list} in the file, counted from 0, is there twice.",
    "portable.version": "The file was made by another version of Turnout; this one reads version "
    "{version}.",
    "position.range": "A place in the order is a number from 0 to {limit}.",
    "registration_password.missing": "Event {event_id} has no registration password.",
    "session.missing": "There is no session {session_id}.",
    "site.address": "The address of this server is not known, so no link can be written. Set "
    "TURNOUT_BASE_URL to the address at which people reach it, or start `turnout serve` first.",
    "span.order": "The end {ends_local} must be after the start {starts_local}.",
    "speaker.missing": "There is no speaker {speaker_id} for this event.",
    "text.line": "The {field} has characters that cannot be in it, such as control characters.",
    "text.long": "The {field} has {length} characters: at most {limit} are possible.",
    "name.missing": "The name cannot be empty. Give one.",
    "text.missing": "The {field} cannot be empty. Give one.",
    "title.missing": "The title cannot be empty. Give one.",
    "ticket_type.code": "A code has {shortest} to {longest} characters.",
    "ticket_type.locked": "Tickets of this type are locked: they are not given any more.",
    "ticket_type.hidden": "Tickets of this type are hidden: only the organizer gives them.",
    "ticket_type.not_yet": "Tickets of this type are not on sale yet.",
    "ticket_type.sale_over": "Tickets of this type are not on sale any more.",
    "ticket_type.default": "{name!r} is the event's first ticket type and stays: rename it, or "
    "hide it from the page.",
    "ticket_type.in_use": "{name!r} cannot be removed: tickets of it were issued ({tickets}), or "
    "people wait for it or are invited to it. Hide it from the page instead.",
    "ticket_type.named": "{name!r} cannot be removed: {noun!r} names it. Take it out there first.",
    "ticket_type.held": "Ticket type {name!r} cannot have {capacity:ticket|tickets}: "
    "{held:is|are} held "
    "already. Set {held} or more, or cancel some first.",
    "ticket_type.no_such": "There is no ticket type {ticket_type_id}.",
    "ticket_type.same_name": "Ticket type {ticket_type_id} of the event is called {name!r} "
    "already: choose another name.",
    "ticket_type.price": "A price of {price_minor} needs a currency, and cannot be negative.",
    "ticket_type.person_limit": "One person may have 1 or more tickets of a type, not {limit}.",
    "time.offset": "{local!r} is not a time of {timezone}: write {right}.",
    "time.skipped": "{local} does not exist in {timezone}, where the clock goes forward: write "
    "{before} or {after}.",
    "time.unreadable": "{local!r} in {timezone!r} is not a time such as 2027-03-01T09:00.",
    "time.year": "{local!r} must be in the years {first} to {last}.",
    "origin.form": "{origin!r} is not the address of a site, such as https://www.example.org: "
    "leave out what comes after its name.",
    "origin.many": "Up to {limit:site|sites} can be listed.",
    "url.form": "{url!r} is not a web address such as https://example.org/.",
    "venue.ambiguous": "Several venues are named {name!r}: give the GUID.",
    "venue.degrees": "The {field} must be from -{limit} to {limit} degrees.",
    "venue.missing": "There is no venue {venue_id}.",
    "venue.unknown": "There is no venue {name!r}; `turnout venue list` shows them.",
    "work.keeps": "{id} cannot be dropped: correct the event or the waiting list, then release it.",
    "work.missing": "{queue} {id} is not set aside; see `turnout aside list`.",
}
