"""What is said about organizations, users, members and credentials."""

SENTENCES = {
    "agent.elsewhere": "The agent {name!r} is under the distributor {elsewhere!r}: put the "
    "organization there with --distributor, or name another agent.",
    "agent.unknown": "There is no agent {agent_id}.",
    "billing_user.unknown": "The company has no user {user_id}.",
    "company.missing": "There is no company {org_id}.",
    "company.slug": "There are too many companies named {name!r}.",
    "company.unknown": "There is no company {company_id}.",
    "credential.demo": "The credential belongs to the demo, and this server does not take it: see "
    "`turnout serve --allow-demo`.",
    "credential.expired": "The credential is expired.",
    "credential.missing": "There is no credential {credential_id}.",
    "credential.revoked": "The credential is revoked.",
    "credential.unknown": "The credential is not known.",
    "demo.missing": "The database has no demo. Run `turnout demo`.",
    "distributor.ambiguous": "Distributors {numbers} are named {name!r}: give the number.",
    "distributor.missing": "There is no distributor {name!r}; `turnout distributor list` shows "
    "them.",
    "distributor.shared": "Distributor {name!r} is shared since before organizations had their "
    "own. Run `turnout distributor split` first.",
    "idempotency_key.malformed": "Idempotency-Key must have 1 to {limit} printable ASCII "
    "characters.",
    "idempotency_key.reused": "Idempotency-Key {key!r} was used for another request in the last 24 "
    "hours. Use a new key, or repeat that request unchanged.",
    "login.busy": "Too many sign-ins from your address are being checked. Try again in "
    "{retry_after:second|seconds}.",
    "login.ended": "The user is disabled or the password has changed.",
    "login.throttled": "Too many failed sign-ins. Try again in {retry_after:second|seconds}.",
    "name.exhausted": "No free {namespace} name was found. Try again.",
    "name.taken": "The {namespace} name {name} is taken. Choose another.",
    "organization.digits": "The short name {slug!r} has digits only. Choose another.",
    "organization.missing": "There is no organization {slug!r}.",
    "organization.name_address": "A name has no e-mail address in it: leave {address} out, and set "
    "it as the reply address instead.",
    "organization.reserved": "The short name {slug!r} is used in this server's own addresses. "
    "Choose another.",
    "organization.slug": "The short name {slug!r} may have a-z, 0-9 and dashes only (1 to 63).",
    "organization.taken": "An organization {slug!r} exists already.",
    "page.session": "Nobody is signed in, or the sign-in is over.",
    "password.busy": "Too many passwords wait to be checked. Try again in a few seconds.",
    "password.short": "The password needs at least {limit} characters.",
    "timezone.unknown": "{timezone!r} is not an IANA time zone such as Europe/Berlin.",
    "token.throttled": "Too many wrong keys or tokens came from your address. Try again in "
    "{retry_after:second|seconds}; a right one is let in at once.",
    "user.denied": "Your role does not allow this. Ask an Admin of the organization.",
    "user.email": "{email!r} is not an e-mail address.",
    "user.missing": "There is no user {user_id}.",
    "user.moved": "A user cannot be moved to another company.",
    "user.limit_arguments": "Say --monthly-limit NUMBER, or --no-monthly-limit.",
    "user.monthly_limit": "A monthly limit is 0 to {limit}.",
    "user.own_limit": "Nobody raises their own monthly limit: ask another owner.",
    "user.unchanged": "Say what to change: see `turnout user set --help`.",
    "user.unknown_code": "The organization has no user {user_code}.",
}
