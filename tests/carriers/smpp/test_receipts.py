"""Receipts in the forms that providers send them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.carriers.smpp.test_pdu import messages
from turnout.carriers.smpp.pdu import Address, Sms
from turnout.carriers.smpp.receipts import (
    Receipt,
    is_receipt,
    read_answer_id,
    read_receipt,
)
from turnout.core.messaging.model import Status
from turnout.core.messaging.spellings import list_spellings
from turnout.core.text import is_storable


def make_receipt(
    text: str | bytes = "",
    tlvs: Mapping[int, bytes] | None = None,
    *,
    esm_class: int = 4,
    coding: int = 0,
) -> Sms:
    return Sms(
        source=Address(1, 1, "61400000001"),
        destination=Address(1, 1, "61400000000"),
        esm_class=esm_class,
        data_coding=coding,
        content=text.encode() if isinstance(text, str) else text,
        tlvs=tlvs or {},
    )


@pytest.mark.parametrize(
    ("text", "receipt"),
    [
        (
            "id:0123456789 sub:001 dlvrd:001 submit date:2501010000 done date:2501010001 "
            "stat:DELIVRD err:000 text:Hello",
            Receipt("0123456789", Status.SENT, ""),
        ),
        (
            "id:7f3a-01 sub:001 dlvrd:000 submit date:250101000000 done date:250101000001 "
            "stat:UNDELIV err:011 Text:Hello stat:DELIVRD id:9",
            Receipt("7f3a-01", Status.FAILED, "UNDELIV error 011"),
        ),
        ("ID:A1 STAT:EXPIRED ERR:1", Receipt("A1", Status.EXPIRED, "EXPIRED error 1")),
        ("id: A1 stat: REJECTD", Receipt("A1", Status.BLOCKED, "REJECTD")),
        ("id:A1;stat:DELIVERED;err:0", Receipt("A1", Status.SENT, "")),
        ("stat:DELIVRD, id:A1, err:0", Receipt("A1", Status.SENT, "")),
        ("id:A1\nstat:UNKNOWN\n", Receipt("A1", Status.PATHWAY_ERROR, "UNKNOWN")),
        ("id:A1 stat:FLOWN err:7", Receipt("A1", Status.FAILED, "FLOWN error 7")),
        ("id:A1 stat:ENROUTE", Receipt("A1", None, "ENROUTE")),
        ("id:A1 stat:ACCEPTD err:000", Receipt("A1", None, "ACCEPTD error 000")),
        ("id:A1 err:000", Receipt("A1", None, "error 000")),
        ("valid:A1 stat:DELIVRD", Receipt("", Status.SENT, "")),
        ("", Receipt("", None, "")),
    ],
)
def test_receipts_as_text(text: str, receipt: Receipt):
    assert read_receipt(make_receipt(text), "same") == receipt


@pytest.mark.parametrize(
    ("tlvs", "text", "receipt"),
    [
        ({0x1E: b"A1\0", 0x427: b"\2"}, "", Receipt("A1", Status.SENT, "")),
        ({0x1E: b"A1", 0x427: b"\2"}, "", Receipt("A1", Status.SENT, "")),
        (
            {0x1E: b"A1\0", 0x427: b"\5", 0x423: b"\3\0\x22"},
            "id:B2 stat:DELIVRD",
            Receipt("A1", Status.FAILED, "UNDELIV error 34"),
        ),
        (
            {0x1E: b"A1\0"},
            "id:B2 stat:EXPIRED err:5",
            Receipt("A1", Status.EXPIRED, "EXPIRED error 5"),
        ),
        ({0x427: b"\2"}, "id:B2 stat:EXPIRED", Receipt("B2", Status.SENT, "")),
        ({0x1E: b"A1\0", 0x427: b"\x63"}, "", Receipt("A1", None, "")),
        ({0x1E: b"A1\0", 0x427: b""}, "stat:DELIVRD", Receipt("A1", Status.SENT, "")),
        ({0x424: b"id:B2 stat:DELIVRD"}, "", Receipt("B2", Status.SENT, "")),
    ],
)
def test_receipts_as_optional_parameters(tlvs: dict[int, bytes], text: str, receipt: Receipt):
    assert read_receipt(make_receipt(text, tlvs), "same") == receipt


def test_a_receipt_in_ucs2():
    sms = make_receipt("id:A1 stat:DELIVRD".encode("utf-16-be"), coding=8)
    assert read_receipt(sms, "same") == Receipt("A1", Status.SENT, "")


@pytest.mark.parametrize(
    ("ids", "answer", "text", "tlv"),
    [
        ("same", "00AbC1", "00AbC1", b"00AbC1\0"),
        ("decimal", "0ABC1", "0000043969", b"abc1\0"),
        ("hex", "43969", "ABC1", b"0043969\0"),
        ("decimal", "m-1", "m-1", b"m-1\0"),
    ],
)
def test_ids_meet_however_a_provider_writes_them(ids, answer: str, text: str, tlv: bytes):
    expected = read_answer_id(answer, ids)
    assert read_receipt(make_receipt(f"id:{text} stat:DELIVRD"), ids).network_id == expected
    assert read_receipt(make_receipt("", {0x1E: tlv}), ids).network_id == expected


@pytest.mark.parametrize(
    ("sms", "expected"),
    [
        (make_receipt(esm_class=0x04), True),
        (make_receipt(esm_class=0x44), True),
        (make_receipt(esm_class=0x20), True),
        (make_receipt("", {0x1E: b"A1\0"}, esm_class=0), True),
        (make_receipt("id:A1 stat:DELIVRD err:000 text:", esm_class=0), False),
        (make_receipt("id:A1 stat:DELIVRD err:000 text:", esm_class=0x08), False),
    ],
)
def test_what_is_a_receipt_is_not_said_by_its_text(sms: Sms, expected: bool):
    assert is_receipt(sms) is expected


@given(messages, st.sampled_from(["same", "decimal", "hex"]))
def test_any_message_can_be_read_as_a_receipt(sms: Sms, ids):
    receipt = read_receipt(sms, ids)
    assert is_storable(receipt.network_id + receipt.notes)
    assert len(receipt.network_id) <= 90
    assert len(receipt.notes) <= 140


WAITING = [
    "ENROUTE",
    "ACCEPTD",
    "BUFFRED",
    "SCHEDULED",
    "SCHEDULD",
    "ACCEPTED",
    "QUEUED",
    "PENDING",
]
ENDS = {
    "DELIVRD": Status.SENT,
    "DELIVERED": Status.SENT,
    "EXPIRED": Status.EXPIRED,
    "DELETED": Status.FAILED,
    "UNDELIV": Status.FAILED,
    "UNDELIVERABLE": Status.FAILED,
    "UNKNOWN": Status.PATHWAY_ERROR,
    "REJECTD": Status.BLOCKED,
    "REJECTED": Status.BLOCKED,
}
WAYS_TO_WRITE = [
    "id:{id} sub:001 dlvrd:001 submit date:2501010000 done date:2501010001 stat:{state} err:000",
    "ID:{id} STAT:{state}",
    "id: {id} stat: {state} err: 011 text: id:9 stat:DELIVRD",
    "stat:{state};id:{id};err:0",
]
ROWS = [(way, state) for way in WAYS_TO_WRITE for state in (*WAITING, *ENDS)]


def test_the_table_is_long_enough() -> None:
    assert len(ROWS) >= 60


@pytest.mark.parametrize(("way", "state"), ROWS)
def test_every_state_is_an_end_or_not_however_it_is_written(way: str, state: str):
    for written in (state, state.lower(), state.title()):
        sms = make_receipt(way.format(id="A1", state=written))
        assert read_receipt(sms, "same")[:2] == ("A1", ENDS.get(state))
        intermediate = make_receipt(way.format(id="A1", state=written), esm_class=0x20)
        assert read_receipt(intermediate, "same")[:2] == ("A1", None)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("0123", "123", True),
        ("A1B2", "a1b2", True),
        ('"A1B2"', "A1B2", True),
        ("'0a1b2'", "A1B2", True),
        ("43969", "ABC1", True),
        ("ABC1", "0000043969", True),
        ("00000000", "0", True),
        ("m-1", "M-1", True),
        ("123", "124", False),
        ("A1B2", "A1B3", False),
        ("", "0", False),
    ],
)
def test_ids_are_the_same_however_they_are_spelled(one: str, other: str, is_same: bool):
    assert list_spellings(one).isdisjoint(list_spellings(other)) is not is_same


@pytest.mark.parametrize(
    ("text", "esm_class", "expected"),
    [
        ("id:A1 sub:001 dlvrd:001 stat:DELIVRD err:000 text:", 0x00, True),
        ("ID:A1 STAT:UNDELIV", 0x40, True),
        ("id:A1 stat:DELIVRD", 0x08, False),
        ("my id:A1 has the stat:DELIVRD", 0x00, False),
        ("yes please", 0x00, False),
    ],
)
def test_an_account_may_have_receipts_that_only_look_so(text: str, esm_class: int, expected: bool):
    sms = make_receipt(text, esm_class=esm_class)
    assert is_receipt(sms, by_text=True) is expected
    assert not is_receipt(sms)
