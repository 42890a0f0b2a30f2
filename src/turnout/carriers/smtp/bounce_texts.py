"""What servers write to people about a mail that did not arrive, where they write no report.

A text is a bounce when a mail system wrote it, it says that delivery failed, and it does not say
that it will be tried again. An automatic answer of a person, a delay and a read receipt are not.
The tables below are from what servers have sent; each phrase is in lower case, with single blanks.
"""

import re
from collections.abc import Iterable

from turnout.carriers.smtp.entity import Fields

TEXT_LIMIT = 20_000
"""Characters of a text that are looked at."""

# Who writes bounces: by name or address of `From`.
_SYSTEM = re.compile(
    r"mailer.?daemon|mdaemon|postmaster|mail ?delivery|mail ?admin|mail ?system|mail.?server|"
    r"mailman|interscan|mimesweeper|smtp|daemon|delivery subsystem|symantec|exchange|system "
    r"admin"
)
# What they call it.
_FAILED_SUBJECT = re.compile(
    r"undeliver|unzustellbar|failed|failure|return(?:ed|ing)|could ?n[o']t be|not delivered|"
    r"non.?d.liv|no entregad|not[- ]?deliver|delivery (?:status|problem|error|report)|"
    r"mail (?:system )?error|delivery notification|inconnu|non recens|unknown|bounce|processing "
    r"error|nicht zugestellt|rejected|does not exist|mail delivery"
)

# Automatic answers of people.
_AWAY = re.compile(
    r"out of (?:the )?office|away from (?:my|the) (?:desk|office|mail)|on (?:vacation|holiday|"
    r"leave)|auto(?:matic|mated)?[- ]?(?:reply|response|answer)|vacation|abwesen|absence|absent|"
    r"fuera de la oficina|ausencia|fuori sede|no longer (?:work|with)|afwezig|autosvar|"
    r"maternity|annual leave|thank you for (?:your|contacting)|ticket (?:received|created)|"
    r"r.ponse automatique|respuesta autom|risposta autom|automatisch|we have received your"
)
_READ = re.compile(
    r"your message was (?:read|displayed|opened|deleted)|^read: |gelesen: |^lu ?: |read receipt|"
    r"disposition notification|lesebest|this is a return receipt|accus. de lecture"
)
_DELAYED = re.compile(
    r"will (?:continue|keep|be) (?:to )?(?:try|retry|retried|made)|attempts will continue|"
    r"has not yet been|not been delivered yet|delay(?:ed|\b)|still (?:undelivered|trying|being)|"
    r"will be retried|"
    r"you do not need to (?:re|do)|no action is required|keep trying|will try again|"
    r"warning message only|this is (?:only )?a warning|delivery of your message has been postponed|"
    r"temporar(?:y|ily) (?:failure|problem|deferr|error)s? - will|wird weiter versucht|"
    r"message will be (?:retried|queued)|queued for retry|retrying"
)
_GIVEN_UP = re.compile(
    r"given up|giving up|not going to try|permanent (?:error|fail|fatal)|in the queue too long|"
    r"no further attempts|failed after|failed permanently|"
    r"was not delivered within"
)

_FAILED = re.compile(
    r"could(?: not|n't) (?:be delivered|deliver|be sent|be completed)|unable to (?:deliver|route|"
    r"send|relay)|(?:was|were|wasn't|not) (?:un)?(?:able to (?:be )?)?deliver(?:ed|y|able|\b)|"
    r"failed mail|was aborted|did not receive|"
    r"undeliver|delivery (?:to the following|has failed|failed|failure|error)|did not reach|"
    r"can ?not be (?:delivered|found|sent)|cannot (?:deliver|send)|can't be (?:delivered|sent)|"
    r"permanent(?:ly)?(?: fatal)? (?:error|fail)|fatal error|address(?:es)?(?:\(es\))? failed|"
    r"returned (?:mail|to sender|unopened)|returning (?:message|mail)|has been returned|"
    r"bounced|message rejected|was rejected|rejected (?:for|by|your)|not accepting mail|"
    r"not (?:sent|listed in|found in)|error(?:-code| description|s? (?:was|were|occurred|has))|"
    r"failed (?:recipient|permanently|address|to deliver|delivery)|destinataire|"
    r"mail (?:was )?not sent|no fue entregad|no pudo .{0,5}entregad|nao pode .{0,9}enviad|"
    r"konnte nicht|nicht zugestellt|n'a pas pu|non remis|non .{0,20}consegna|not be found|"
    r"status: 5|action: fail|\b55[0-9][ -:]|5\.[0-9]\.[0-9]|<<< 5"
)

GONE = re.compile(
    r"user (?:is )?(?:unknown|not found|does(?:n't| not) exist)|unknown (?:or illegal )?"
    r"(?:user|recipient|local|account|mailbox|address|alias)|"
    r"(?:no|not a|isn't a|invalid|illegal|bad) (?:such |valid |known |final )?(?:local )?"
    r"(?:delivery )?(?:user|mailbox|recipient|account|address|person|alias|e-?mail)\b|"
    r"does(?:n't| not) have an? "
    r"\S{0,60} ?account|(?:account|mailbox|user|address|recipient|e-?mail)[^.\n]{0,60} "
    r"(?:has been |is |was |are )?(?:disabled|discontinued|deactivated|inactive|closed|"
    r"suspended|terminated|unknown|invalid|"
    r"unavailable|not (?:available|found|exist|known|recogni[sz]ed|active|valid|listed|unique))|"
    r"(?:account|mailbox|user|address|recipient)[^.\n]{0,60} (?:does|do)(?:n't| not) exist|"
    r"recipient (?:address )?(?:rejected|not found|unknown)|address rejected|nobody here|"
    r"no mailbox here|not? (?:our|a) customer|n'existe pas|existiert nicht|no existe|non esiste|"
    r"domain (?:name )?(?:lookup failed|not found|does not exist)|host (?:or domain name )?(?:not "
    r"found|unknown)|unknown (?:host|domain)|no such (?:host|domain)|nxdomain|unrouteable|"
    r"unrouteable address|not listed in|name is not recogni[sz]ed|mailbox not found"
)
"""What is said of an address that takes no mail any more."""

FULL = re.compile(
    r"quota|mailbox (?:is )?full|over ?quota|mailfolder is full|out of storage|too large|exceed|"
    r"storage|insufficient"
)
_POLICY = re.compile(
    r"spam|blocked|black ?list|policy|reputation|dmarc|spf|content|virus|blocklist|greylist|"
    r"rate limit|too many|relay|access denied by|not authori[sz]ed|banned|rejecting your"
)
_POLICY_CODES = re.compile(r"\b5\.[367]\.\d")
_GONE_CODES = re.compile(r"\b5\.(?:1\.[0-6]|1\.10|2\.1|4\.4|4\.1)\b")

_SEPARATOR = re.compile(
    r"^\W{0,80}(?:a |this is a |the |below is a |here is a |your )?(?:below this line|"
    r"original message|copy of (?:the|your)|message headers?|headers? of the|forwarded message|"
    r"transcript of your|returned message|unsent message|mensaje original|urspr.ngliche|"
    r"message follows|old message|received:)",
    re.MULTILINE,
)
_BLANKS = re.compile(r"\s+")
_STATUS = re.compile(r"\b(5\.\d{1,3}\.\d{1,3})\b|\b(5[0-9]{2})\b")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.ASCII)
_TAG = re.compile(r"<[/!a-zA-Z][^<>@]{0,500}>")


def read_failure(fields: Fields, subject: str, texts: Iterable[str]) -> tuple[str, str, str] | None:
    """Status, address and words of a failure, empty where they are not told; None for whatever is
    no bounce. `subject` is decoded."""
    said = "\n".join(texts)[:TEXT_LIMIT].lower()
    # The text before the mail that was returned; after, there is what that says.
    found = _SEPARATOR.search(said)
    said = said[: found.start()] if found and found.start() > 0 else said
    flat = _BLANKS.sub(" ", _TAG.sub(" ", said))
    title = _BLANKS.sub(" ", subject.lower())
    sender = fields.get("from", "").lower()
    is_system = bool(_SYSTEM.search(sender)) or "x-failed-recipients" in fields
    if not (is_system or _FAILED_SUBJECT.search(title)):
        return None
    if _is_personal(fields, title, flat, is_system=is_system):
        return None
    if _DELAYED.search(f"{title} {flat}") and not _GIVEN_UP.search(flat):
        return None
    whole = f"{title} {flat}"
    if not (_FAILED.search(whole) or GONE.search(whole) or FULL.search(flat)):
        return None
    status = _STATUS.search(flat)
    address = _ADDRESS.search(fields.get("x-failed-recipients", "")) or _ADDRESS.search(flat)
    return (
        (status[1] or status[2]) if status else "",
        address[0] if address else "",
        flat.strip(),
    )


def is_gone(status: str, said: str) -> bool:
    """Whether an address takes no mail any more, by status and words of a refusal: not a full
    mailbox, nor one that refuses what was said, or who said it."""
    flat = _BLANKS.sub(" ", said.lower())[:2_000]
    text = f"{status} {flat}"
    if FULL.search(flat) and not _GONE_CODES.search(status):
        return False
    if GONE.search(flat):
        return not (_POLICY_CODES.search(text) or _POLICY.search(flat))
    return bool(_GONE_CODES.search(text)) and not _POLICY.search(flat)


def _is_personal(fields: Fields, title: str, flat: str, *, is_system: bool) -> bool:
    """Whether somebody's own program answered: that they are away, or that they have read it."""
    if _READ.search(title) or _READ.search(flat):
        return True
    is_answer = fields.get("auto-submitted", "").lower().startswith("auto-replied")
    is_answer |= bool(fields.keys() & {"x-autoreply", "x-autorespond", "x-auto-reply-from"})
    if not is_system and is_answer:
        return True
    return bool(_AWAY.search(title)) or (not is_system and bool(_AWAY.search(flat)))
