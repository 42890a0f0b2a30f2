"""Delivery receipts: what they say, by optional parameters or by text (SMPP 3.4, appendix B)."""

import re
from typing import NamedTuple

from turnout.carriers.smpp import gsm
from turnout.carriers.smpp.pdu import (
    TLV_MESSAGE_PAYLOAD,
    TLV_MESSAGE_STATE,
    TLV_NETWORK_ERROR,
    TLV_RECEIPTED_MESSAGE_ID,
    Sms,
    read_cstring,
)
from turnout.carriers.smpp.settings import ReceiptIds
from turnout.carriers.smpp.statuses import STATES, read_state
from turnout.core.messaging.model import Status

# Bits 5 to 2 of esm_class (5.2.12).
_KIND = 0x3C
_RECEIPTS = (0x04, 0x20)
# Some time on the way: no end, whatever state it says.
_INTERMEDIATE = 0x20
_NO_KIND = 0x00

_FIELD = re.compile(r"\b(id|stat|err)\s*:\s*([^\s;,]{1,65})", re.IGNORECASE)
# The message's own text, which comes last, may look like anything.
_LOOKS_LIKE_RECEIPT = re.compile(
    r"\s*id\s*:\s*\S{1,65}\s[^\n]{0,200}\bstat\s*:\s*\w", re.IGNORECASE
)
_OWN_TEXT = re.compile(r"\btext\s*:", re.IGNORECASE)


class Receipt(NamedTuple):
    """One receipt. `status` is None while nothing is final; `network_id` may be missing."""

    network_id: str
    status: Status | None
    notes: str


def is_receipt(sms: Sms, *, by_text: bool = False) -> bool:
    """Whether this is a receipt and not a message from a person, whatever its text looks like;
    unless `by_text`, where the network sends receipts as ordinary messages."""
    if sms.esm_class & _KIND in _RECEIPTS or TLV_RECEIPTED_MESSAGE_ID in sms.tlvs:
        return True
    is_plain = by_text and sms.esm_class & _KIND == _NO_KIND
    return is_plain and bool(_LOOKS_LIKE_RECEIPT.match(_text_of(sms)))


def read_receipt(sms: Sms, ids: ReceiptIds) -> Receipt:
    """What a receipt says; optional parameters win over text."""
    fields = _read_text(sms)
    own = sms.tlvs.get(TLV_RECEIPTED_MESSAGE_ID)
    if own is not None:
        network_id = read_answer_id(read_cstring(own), ids)
    else:
        network_id = _read_text_id(fields.get("id", ""), ids)
    state, status = _read_state(sms.tlvs.get(TLV_MESSAGE_STATE, b""), fields.get("stat", ""))
    if sms.esm_class & _KIND == _INTERMEDIATE:
        status = None
    notes = (
        "" if status is Status.SENT else " ".join(filter(None, (state, _read_error(sms, fields))))
    )
    return Receipt(network_id, status, notes)


def read_answer_id(network_id: str, ids: ReceiptIds) -> str:
    """The id of an answer to a submission, as receipts will be compared with it."""
    return _in_decimal(network_id, {"same": 0, "decimal": 16, "hex": 10}[ids])


def _read_text_id(network_id: str, ids: ReceiptIds) -> str:
    return _in_decimal(network_id, {"same": 0, "decimal": 10, "hex": 16}[ids])


def _in_decimal(number: str, base: int) -> str:
    try:
        return str(int(number, base)) if base else number
    except ValueError:
        return number


def _text_of(sms: Sms) -> str:
    content = sms.content or sms.tlvs.get(TLV_MESSAGE_PAYLOAD, b"")
    # Software writes these texts, in ASCII whatever data_coding 0 stands for.
    coding = gsm.UCS2 if sms.data_coding == gsm.UCS2 else gsm.LATIN_1
    return gsm.decode(coding, content)


def _read_text(sms: Sms) -> dict[str, str]:
    text = _OWN_TEXT.split(_text_of(sms), maxsplit=1)[0]
    return {key.lower(): value for key, value in _FIELD.findall(text)}


def _read_state(octets: bytes, text: str) -> tuple[str, Status | None]:
    if len(octets) == 1 and octets[0] in STATES:
        return STATES[octets[0]]
    return read_state(text) if text else ("", None)


def _read_error(sms: Sms, fields: dict[str, str]) -> str:
    if "err" in fields:
        return f"error {fields['err']}"
    octets = sms.tlvs.get(TLV_NETWORK_ERROR, b"")
    return f"error {int.from_bytes(octets[1:], 'big')}" if len(octets) == 3 else ""
