"""What is said about jobs, lists, opt-outs and codes."""

SENTENCES = {
    "code.many_to_client": "{limit} codes were sent to this client in {minutes} minutes. Enter one "
    "of them, or try again in {retry_after} seconds.",
    "code.many_to_destination": "{limit} codes were sent to this destination in {minutes} minutes. "
    "Enter one of them, or try again in {retry_after} seconds.",
    "code.many_to_destination_today": "{limit} codes were sent to this destination in a day. Enter "
    "one of them, or try again in {retry_after} seconds.",
    "code.many_of_user": "{limit} codes were sent by this user in {minutes} minutes. Try again in "
    "{retry_after} seconds.",
    "usage.month": "{month!r} is not a month, such as 2027-03.",
    "code.tries": "Too many wrong codes were entered. Try again in {retry_after} seconds.",
    "file.missing": "The file {digest} is no longer kept.",
    "job.ended": "Job {job_id} has ended.",
    "job.list_unknown": "One of the job's lists does not exist. `turnout list list` shows them.",
    "job.message_long": "The message may have up to {limit} characters.",
    "job.missing": "There is no job {job_id}.",
    "job.scheduled_past": "The job must be scheduled in the future.",
    "credit.alert_arguments": "Say an amount, or --off to tell nobody.",
    "credit.amount": "The credit would fall below nothing or be too large: it is {balance} now.",
    "credit.entry": "An entry of credit needs an amount other than 0, and a note of at most "
    "{limit} characters.",
    "credit.exhausted": "The organization's prepaid credit does not cover this. Add credit, or "
    "send to fewer.",
    "credit.missing": "The organization has no prepaid credit: it pays afterwards. See `turnout "
    "credit add --help`.",
    "credit.unreadable": "{text!r} is no amount such as 100 or 49.50, with two decimals at most.",
    "limit.exceeded": "The limit of messages for this month is reached. Send fewer, or ask for a "
    "higher limit.",
    "list.missing": "There is no list {list_id}.",
    "list.name": "A list's name has 1 to {limit} characters.",
    "list.no_row": "List {list_id} has no row {row}: `turnout list show` numbers them.",
    "list_row.email": "{value!r} is not an e-mail address: write one such as jane@example.com.",
    "list_row.number": "{value!r} is not a number: write one with its country, such as "
    "+61412345678.",
    "list_row.unreachable": "Nothing reaches this recipient: {columns} are empty.",
    "number.national": "{number} is a national number: write it with + and its country, or set the "
    "organization's country with `turnout org set --country`.",
    "number.none": "{number} is no number in {country}. Write it whole, or with + and its country.",
    "job.files_gone": "The files of job {job_id} are deleted by now. Post a new job with them.",
    "job.body": "{file}: {said}",
    "job.no_own_address": "The user has no address for {channel}. Name one with --to.",
    "job.no_recipient": "There is no recipient {number}: the job has {count}.",
    "job.preview_what": "Name a job by its number, or a file with --body and its user with --user.",
    "job.not_ended": "Job {job_id} has not ended. Wait until it has, or cancel it.",
    "job.not_waiting": "Job {job_id} does not wait for approval.",
    "job.own_approval": "Job {job_id} is {user_code}'s own: somebody else must approve it.",
    "job.user_gone": "The user of job {job_id} is disabled: nobody can be charged for it.",
    "message.address": "{address!r} is neither an e-mail address nor a number.",
    "opt_out.address": "{address!r} is not an address for {medium}.",
    "opt_out.missing": "{address} has not opted out of {medium}.",
    "reply.missing": "There is no reply {reply_id}.",
    "sender.domain": "{domain!r} is not a mail domain, such as example.com.",
    "sender.domain_known": "{domain} is there already. `turnout sender domain check` shows its "
    "records.",
    "sender.domain_missing": "{domain} is not among the organization's mail domains.",
    "sender.domain_refused": "Mail from {address} is not sent: its domain is not proven. Add it "
    "with `turnout sender domain add`.",
    "sender.domains_many": "An organization may have {limit} mail domains.",
    "sender.id": "{sender!r} is neither a number nor a name of up to 11 letters and digits.",
    "sender.id_known": "{sender} is listed already.",
    "sender.id_missing": "{sender} is not listed.",
    "sender.id_refused": "{sender} is not among the organization's sender ids. List it with "
    "`turnout sender id add`.",
    "sender.resolver": "{resolver!r} is not a name server, such as 9.9.9.9 or [::1]:53: {said}.",
    "sender.ids_many": "An organization may list {limit} sender ids.",
    "suppression.address": "{address!r} is not an e-mail address.",
    "suppression.missing": "{address} is not suppressed.",
    "recipient.text_long": "The {name} of recipient {place} may have up to {limit} characters.",
}
