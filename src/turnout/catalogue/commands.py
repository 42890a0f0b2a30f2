"""What is said about commands, and the files that they read."""

SENTENCES = {
    "credential.event": "An event token, and only that, needs --event.",
    "credential.kind": "Passwords belong to users: see `turnout user create`.",
    "demo.beside_others": "{database} holds {others}, which is not the demo's: the demo needs a "
    "database of its own. Set TURNOUT_DATABASE_URL to another.",
    "demo.exposed": "The demo's passwords and keys are for everybody to see, and others can reach "
    "{host}. Add --expose if they are meant to, or leave out the host.",
    "demo.no_calls": "Calls need packages that are not here: run `make demo CALLS=1`, or "
    "`pip install --require-hashes {files}`.",
    "demo.no_phone": "The simulated phone did not start: see what it wrote above.",
    "demo.user_disabled": "The demo's user {user_code} is disabled: enable it.",
    "event.capacity": "Give either --capacity or --unlimited, not both.",
    "event.description": "Give either --description or --description-file, not both.",
    "event.unchanged": "Say what to set; `turnout event set --help` lists it.",
    "exam.unchanged": "Say what to set: --state, --room, --show or --hide.",
    "export.ending": "{file} must end in .csv or .xlsx.",
    "file.columns": "{file} has more than {limit} columns: remove those that are empty.",
    "file.encoding": '{file} is not text in UTF-8, UTF-16 or Windows-1252: save it as "CSV UTF-8" '
    "({said}).",
    "file.line": "{file} has a line of more than {limit} characters: it is no table.",
    "file.no_sheet": "{file} has no sheet that is not hidden.",
    "file.no_workbook": "{file} is an archive, but no workbook: save the table as .xlsx or as CSV.",
    "file.not_utf_8": "{file} is not UTF-8 text: save it as UTF-8 ({said}).",
    "file.old_workbook": "{file} is an old workbook (.xls) or protected by a password: save it as "
    ".xlsx without one, or as CSV.",
    "file.pipe": "{file} cannot be read twice: write it to a file first.",
    "file.workbook": "{file} cannot be read as a workbook ({said}): save it again, or as CSV.",
    "file.workbook_size": "{file} is too large to be read as a workbook: save it as CSV.",
    "import.columns": "{file} has the unknown columns {unknown}; known are {known}. Rename them, "
    "or leave them out with --ignore-unknown.",
    "import.columns_missing": "{file} lacks the columns {missing}; it has {seen}.",
    "import.erased": "Somebody with {address} was erased. Leave the row out, or add --again if "
    "they asked to come back.",
    "import.country": "{country!r} is not a country: write its two letters, such as DE.",
    "import.customs": "{file} has the columns {unknown}, but only {limit} can be custom fields: "
    "remove some, or leave them out with --ignore-unknown.",
    "event.new_date": "Say either --starts with the new date or --without-date.",
    "party.contact": "The contact {contact!r} has no e-mail address: write it as Ann Lee "
    "<ann@example.com>.",
    "import.email": "{email!r} is not an e-mail address: write one such as jane@example.com.",
    "import.empty": "{file} is empty: its first line must name the columns.",
    "import.flag": "{name} must be yes or no, not {text!r}.",
    "import.erased_address": "Whose address {text} was is not known: leave the row out.",
    "import.guid": "Identifier must be a GUID, not {text!r}.",
    "import.heading": "The heading of {file} in line {line} cannot be read. {said}",
    "import.medium": "Medium must be one of {known}, not {text!r}.",
    "import.no_address": "The row has no address: fill Email, Mobile, Phone, Fax or Address.",
    "import.no_email": "The row has no e-mail address: fill it in.",
    "import.number": "{name} must be a number, not {text!r}.",
    "import.preview": "{refused:row|rows} of {file} cannot be imported.",
    "import.rows": "{refused:row|rows} of {file} {refused:=was|were} refused, as named above; "
    "{taken:was|were} imported.",
    "import.session": "The event has no session {name!r}; its sessions are {known}.",
    "import.ticket_type": "The event has no ticket type {name!r}; its types are {known}. Correct "
    "the name, or give all the same with --ticket-type.",
    "import.twice": "The columns {first!r} and {second!r} are both {name}: rename or remove one.",
    "invite.many": "Add up to {limit} people at once: split the file.",
    "invite.rows": "{faults:row|rows} of {file} cannot be taken; nobody was added.",
    "key.grace": "--grace-days is for link-keys and callback-keys, without --at-once.",
    "key.organization": "There are no {kind} of one organization: leave --org.",
    "list.unchanged": "Say what to change: see `turnout list set --help`.",
    "list.rows": "{faults:row|rows} of {file} cannot be taken; nothing was imported.",
    "organization.unchanged": "Say what to change: see `turnout org set --help`.",
    "password.options": "Use --stdin or --clear, not both.",
    "password.text": "The password is not valid UTF-8 text.",
    "registration.not_in_event": "{email} is not registered for event {event_id}.",
    "row.cell_long": "A cell has more than 131072 characters: perhaps a quotation mark is never "
    "closed.",
    "row.control": "{value!r} has a character that is not text: remove it.",
    "row.csv": "The row cannot be read as CSV: {said}.",
    "row.error": "{value} is the error of a formula: correct it in the file.",
    "row.formula": "A formula has no value: open the file in a spreadsheet program, save it there "
    "and import it again.",
    "row.long": "The value has {length} characters: shorten it to {limit}.",
    "row.twice": "{value!r} stands in line {first} already: write it once.",
    "row.nameless": "{value!r} stands in column {column}, which has no heading: name it.",
    "row.nul": "The row has a NUL character: save the file as CSV UTF-8.",
    "row.quotes": "More text stands behind a cell in quotation marks: write a quotation mark "
    "inside a cell twice.",
    "row.unclosed": "A quotation mark that opens in this row is never closed: close it.",
    "session.capacity": "Give either --capacity or --unlimited.",
    "ticket_type.capacity": "Give either --capacity or --unlimited, not both.",
    "ticket_type.currency": "A price needs a currency: give --currency, or set the organization's "
    "with `turnout org set --currency`.",
    "party.guest": "{guest!r} is no guest: write a name, an address, or both as in 'Zoe Lee "
    "<zoe@example.com>'.",
    "party.ticket_type": "The event has no default ticket type: name one with --ticket-type.",
    "person.export": "{file} must end in .json or .html.",
    "person.unchanged": "Say what to correct: see `turnout person set --help`.",
    "ticket_type.missing": "Event {event} has no ticket type {ticket_type}.",
    "session.unchanged": "Say what to set; `turnout event set-session --help` lists it.",
    "speaker.unchanged": "Say what to set; `turnout speaker set --help` lists it.",
    "ticket_type.options": "Give either --hidden or --shown, and either --locked or --unlocked.",
    "ticket_type.unchanged": "Say what to set; `turnout ticket set-type --help` lists it.",
    "venue.unchanged": "Say what to set; `turnout venue set --help` lists it.",
    "viewings.rows": "{count:row|rows} of {file} {count:=was|were} left out, as named above.",
}
