"""What is said about jobs, lists, opt-outs and codes."""

SENTENCES = {
    "code.too_many": "{limit} codes were sent {whom} in {window}. Enter one of them, or try again "
    "in {retry_after} seconds.",
    "code.tries": "Too many wrong codes were entered. Try again in {retry_after} seconds.",
    "file.missing": "The file {digest} is no longer kept.",
    "job.ended": "Job {job_id} has ended.",
    "job.list_unknown": "One of the job's lists does not exist.",
    "job.message_long": "The message may have up to {limit} characters.",
    "job.missing": "There is no job {job_id}.",
    "job.scheduled_past": "The job must be scheduled in the future.",
    "limit.exceeded": "Monthly limit exceeded.",
    "list.csv": "This is no CSV: {error}.",
    "list.heading": "The first line must be a heading with Email, Fax, Phone or Mobile.",
    "list.heading_twice": "The heading names {name} twice.",
    "list.heading_unknown": "The heading names {name!r}; a list's columns are {columns}.",
    "list.missing": "There is no list {list_id}.",
    "list.name": "A list's name has 1 to {limit} characters.",
    "opt_out.address": "{address!r} is no address for {medium}.",
    "opt_out.missing": "{address} has not opted out of {medium}.",
    "recipient.text_long": "The {name} of recipient {place} may have up to {limit} characters.",
}
