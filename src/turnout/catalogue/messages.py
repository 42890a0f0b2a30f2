"""What is said about jobs, lists, opt-outs and codes."""

SENTENCES = {
    "code.many_to_client": "{limit:code was|codes were} sent to this client in "
    "{minutes:minute|minutes}. Enter one "
    "of them, or try again in {retry_after:second|seconds}.",
    "code.many_to_destination": "{limit:code was|codes were} sent to this destination in "
    "{minutes:minute|minutes}. "
    "Enter one of them, or try again in {retry_after:second|seconds}.",
    "code.many_to_destination_today": "{limit:code was|codes were} sent to this destination in a "
    "day. Enter "
    "one of them, or try again in {retry_after:second|seconds}.",
    "code.many_of_user": "{limit:code was|codes were} sent by this user in "
    "{minutes:minute|minutes}. Try again in "
    "{retry_after:second|seconds}.",
    "template.channel": "Messages over {channel} have no text, so they have no templates.",
    "template.empty": "The template says nothing. Write its text.",
    "template.html": "Only templates of mails have HTML.",
    "template.long": "The {field} of a template may have up to {limit:character|characters}.",
    "template.many": "An organization keeps up to {limit:template|templates}. Remove one first.",
    "template.missing": "There is no template {template_id}. `turnout template list` shows them.",
    "template.name": "A template has a name of one line, with 1 to {limit} characters.",
    "template.same_name": "Another template of this channel is called {name!r}. Choose another "
    "name.",
    "template.subject": "Only templates of mails and MMS have a subject.",
    "usage.month": "{month!r} is not a month, such as 2027-03.",
    "code.tries": "Too many wrong codes were entered. Try again in {retry_after:second|seconds}.",
    "file.missing": "The file {digest} is no longer kept.",
    "job.ended": "Job {job_id} has ended.",
    "job.list_unknown": "One of the job's lists does not exist. `turnout list list` shows them.",
    "job.message_long": "The message may have up to {limit} characters.",
    "speech.busy": "Many texts are being spoken. Try again in {retry_after:second|seconds}.",
    "speech.failed": "The text could not be spoken. Try again in {retry_after:second|seconds}, and "
    "see the log if it happens again.",
    "speech.no_engine": "No engine of the voice {voice} is installed here. pip install "
    "'turnout[speech]', or install flite or espeak-ng; `turnout doctor` says which is there.",
    "recording.broken": "The recording is damaged, or no sound. Save it as WAV and try again.",
    "recording.form": "The recording has more than 8 channels or an odd sampling rate. Save it as "
    "WAV, mono, with 8,000 to 48,000 samples a second.",
    "recording.long": "The recording lasts more than {limit:minute|minutes}. Shorten it.",
    "recording.short": "The recording lasts less than {least} seconds. Record it again.",
    "recording.silent": "The recording is silent. Record it again, louder.",
    "job.listen_nobody": "The job has no recipient {number}.",
    "job.no_call": "Job {job_id} makes no calls: there is nothing to listen to.",
    "job.no_response": "The job says nothing when the key {key} is pressed.",
    "job.nothing_said": "The {name} has nothing that can be read out. Write words or numbers.",
    "job.unspeakable": "The {name} cannot be read out: no voice here speaks {language} (it has the "
    "letter {letter}). Write it in Latin letters, or send a text message instead.",
    "job.missing": "There is no job {job_id}.",
    "job.scheduled_past": "The job must be scheduled in the future.",
    "canned.many": "An organization keeps up to {limit:canned answer|canned answers}. Remove one "
    "first.",
    "canned.missing": "There is no canned answer {answer_id}. `turnout reply canned list` shows "
    "them.",
    "canned.name": "A canned answer has a name of one line, with 1 to {limit} characters.",
    "canned.same_name": "Another canned answer is called {name!r}. Choose another name.",
    "canned.text": "A canned answer has a text of 1 to {limit} characters.",
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
    "network.address": "This is no address to which a message can be sent.",
    "network.foreign_user": "A user of this organization sends a test; you are one of another.",
    "number.national": "{number} is a national number: write it with + and its country, or set the "
    "organization's country with `turnout org set --country`.",
    "calling.agent": "{number!r} is not a number that calls can be put through to: write it with + "
    "and its country, one a line, and as long as the numbers of that kind are there.",
    "calling.barred": "{number} is not called: it is in a country that the organization has not "
    "allowed, or of a kind that nobody may call (premium, satellite, emergency).",
    "calling.over": "Not called: the organization's calls of this hour cost as much as they may. "
    "Try again in the next hour.",
    "calling.agents": "Up to {limit:agent|agents} can be listed.",
    "calling.word": "Line {line} is not word = said, such as SQL = sequel, nor word = /phonemes/.",
    "calling.words_file": "{file} cannot be read as a text in UTF-8.",
    "calling.words": "Up to {limit:word|words} can be listed.",
    "number.none": "{number} is no number in {country}. Write it whole, or with + and its country.",
    "job.files_gone": "The files of job {job_id} are deleted by now. Post a new job with them.",
    "job.body": "{file}: {said}",
    "job.no_own_address": "The user has no address for {channel}. Name one with --to.",
    "job.no_recipient": "There is no recipient {number}: the job has {count}.",
    "job.preview_what": "Name a job by its number, or a file with --body and its user with --user.",
    "job.not_ended": "Job {job_id} has not ended. Wait until it has, or cancel it.",
    "job.not_waiting": "Job {job_id} does not wait for approval.",
    "job.recipient_unknown": "Job {job_id} has no recipient {recipient_id}.",
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
    "sender.domain_own": "{domain} is the installation's own mail domain ({own}): mail from it "
    "goes out as it is, and no organization can claim it. Add one that is the organization's.",
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
