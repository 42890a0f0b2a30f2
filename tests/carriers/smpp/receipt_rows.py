# ruff: noqa: E501 - a row is a line
"""Receipts as networks send them, from public reports: what was answered to the submission, what
came later, and what it means. The numbers of issues are those of GitHub."""

from collections.abc import Mapping
from typing import NamedTuple

from turnout.core.messaging.model import Status

SENT, FAIL, EXPD, SVRE, BARR = (
    Status.SENT, Status.FAILED, Status.EXPIRED, Status.PATHWAY_ERROR, Status.BLOCKED,
)  # fmt: skip
DATES = "submit date:2501010000 done date:2501010001"


class Row(NamedTuple):
    """One receipt; `means` is None where it is no end."""

    source: str
    answered: str
    text: str
    means: Status | None
    esm_class: int = 0x04
    tlvs: Mapping[int, bytes] = {}
    coding: int = 0


def by_text(
    source: str,
    answered: str,
    text: str,
    means: Status | None,
    esm_class: int = 0x04,
    coding: int = 0,
) -> Row:
    return Row(source, answered, text, means, esm_class, coding=coding)


def by_tlv(source: str, answered: str, named: bytes, state: int, means: Status | None) -> Row:
    return Row(source, answered, "", means, tlvs={0x1E: named, 0x427: bytes((state,))})


TEXT_ROWS = [
    by_text("SMPP 3.4, appendix B", "0123456789", f"id:0123456789 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:0 Text: ....", SENT),
    by_text("Nexmo, How to read a receipt", "0000000012345678", "id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:DELIVRD err:000 text:none", SENT),
    by_text("Nexmo, ids in hexadecimal or decimal", "BC614F", "id:12345679 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:DELIVRD err:000 text:none", SENT),
    by_text("smppcenter.com, 20 digits and seconds", "64567564356765435676", "id:64567564356765435676 sub:001 dlvrd:001 submit date:190608165232 done date:190608165237 stat:DELIVRD err:000 text:Hello World", SENT),
    by_text("Stack Overflow 8754853", "40072910491427628", "id:40072910491427628 sub:001 dlvrd:001 submit date:1007291049 done date:1007291049 stat:DELIVRD err:000", SENT),
    by_text("php-smpp #70, four digits of error", "117062714244798261", "id:117062714244798261 sub:001 dlvrd:001 submit date:1706271624 done date:1706271624 stat:DELIVRD err:0000 text:Hllo world", SENT),
    by_text("php-smpp #29, a blank after the colon", "2014041701", "id:2014041701 sub:001 dlvrd:001 submit date:1404170000 done date:1404170001 stat:DELIVRD err: 0 text:", SENT),
    by_text("node-smpp #199", "0000029095", "id:0000029095 sub:001 dlvrd:001 submit date:211125034959 done date:211125035001 stat:DELIVRD err:000 text:", SENT),
    by_text("jsmpp #62, without sub and dlvrd", "1526758174", "id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hello", SENT),
    by_text("jsmpp #56, answered in hexadecimal", "33E95179", "id:0870928761 sub:001 dlvrd:001 submit date:1610150000 done date:1610150000 stat:DELIVRD err:000 text:x", SENT),
    by_text("smscsim #4, padded hexadecimal and decimal", "00000000a1b2c3d4", "id:2712847316 sub:001 dlvrd:001 submit date:1701130000 done date:1701130000 stat:DELIVRD err:000 text:", SENT),
    by_text("sms-smpp #153, hexadecimal in the text", "2712847317", "id:A1B2C3D5 sub:001 dlvrd:001 submit date:2406060000 done date:2406060000 stat:DELIVRD err:000 text:", SENT),
    by_text("RestComm smscgateway #232", "34265880701", "id:34265880701 sub:001 dlvrd:001 submit date:1709260755 done date:1709260755 stat:UNDELIV err:001 text:sfdsfs", FAIL),
    by_text("cloudhopper-smpp #105, sub is missing", "6fac0b5b-1", f"id:6fac0b5b-1 dlvrd:001 {DATES} stat:DELIVRD err:000 text:", SENT),
    by_text("e-com-net 2299106", "0911897980", "id:0911897980 sub:001 dlvrd:000 submit date:1201121551 done date:1201121551 stat:UNDELIV err:075 text:-PROFILE", FAIL),
    by_text("jSMPP, an error in letters", "908312310", "id:908312310 sub:001 dlvrd:001 submit date:0908312310 done date:0908312311 stat:UNDELIV err:xxx Text:Hello SMPP world!", FAIL),
    by_text("a UUID, without sub and dlvrd", "4e05c166-6ced-40df-9e1d-2bbcb0c14cd3", "id:4e05c166-6ced-40df-9e1d-2bbcb0c14cd3 submit date:201907191552 done date:201907191552 stat:UNDELIV err:005", FAIL),
    by_text("dates as seconds since 1970", "b1946ac92492d2347c6235b4d2611184", "id:b1946ac92492d2347c6235b4d2611184 sub:001 dlvrd:001 submit date:1590075164 done date:1590075164 stat:DELIVRD err:000 text:1", SENT),
    by_text("dates in one word", "115CB8C8", "id:115CB8C8 sub:001 dlvrd:000 submitdate:1205230932donedate:1205230933 stat:UNDELIV err:1", FAIL),
    by_text("short, of a gateway", "smsc-42", "id:smsc-42 stat:DELIVRD err:000", SENT),
    by_text("shorter still", "abc", "id:abc stat:UNDELIV", FAIL),
    by_text("no dates", "70001", "id:70001 sub:001 dlvrd:000 stat:UNDELIV err:001", FAIL),
    by_text("with a name before the number", "MSG-999", "id:MSG-999 sub:001 dlvrd:000 submit date:0809011130 done date:0809011131 stat:UNDELIV err:069 text:", FAIL),
    by_text("an empty field", "70002", "id:70002 sub: dlvrd: submit date: done date: stat:DELIVRD err: text:", SENT),
    by_text("error with a reason in the text", "1114022511523684840", "id:1114022511523684840 sub:001 dlvrd:001 submit date:1402251152 done date:1402251152 stat:DELIVRD err:001 Text:", SENT),
    by_text("in capitals", "70003", f"ID:70003 SUB:001 DLVRD:001 {DATES.upper()} STAT:DELIVRD ERR:000 TEXT:", SENT),
    by_text("in small letters", "70004", f"id:70004 sub:001 dlvrd:001 {DATES} stat:delivrd err:000 text:", SENT),
    by_text("semicolons", "70005", "id:70005;sub:001;dlvrd:001;submit date:2501010000;done date:2501010001;stat:DELIVRD;err:000;text:", SENT),
    by_text("commas", "70006", "id:70006, sub:001, dlvrd:001, stat:DELIVRD, err:000, text:", SENT),
    by_text("lines", "70007", "id:70007\nsub:001\ndlvrd:001\nstat:EXPIRED\nerr:000\ntext:", EXPD),
    by_text("the state in full", "70008", f"id:70008 sub:001 dlvrd:001 {DATES} stat:DELIVERED err:000 text:", SENT),
    by_text("the state in full, failed", "70009", f"id:70009 sub:001 dlvrd:000 {DATES} stat:UNDELIVERABLE err:010 text:", FAIL),
    by_text("quotes around the id", "70010", f'id:"70010" sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:', SENT),
    by_text("another case of the id", "ca401Ca9", f"id:CA401CA9 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:", SENT),
    by_text("zeros before the id", "70012", f"id:0000070012 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:", SENT),
    by_text("no zeros, where the answer had some", "0000070013", f"id:70013 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:", SENT),
    by_text("EXPIRED", "70014", f"id:70014 sub:001 dlvrd:000 {DATES} stat:EXPIRED err:027 text:", EXPD),
    by_text("DELETED", "70015", f"id:70015 sub:001 dlvrd:000 {DATES} stat:DELETED err:000 text:", FAIL),
    by_text("REJECTD", "70016", f"id:70016 sub:001 dlvrd:000 {DATES} stat:REJECTD err:008 text:", BARR),
    by_text("REJECTED, in full", "70017", f"id:70017 sub:001 dlvrd:000 {DATES} stat:REJECTED err:008 text:", BARR),
    by_text("UNKNOWN", "70018", f"id:70018 sub:001 dlvrd:000 {DATES} stat:UNKNOWN err:000 text:", SVRE),
    by_text("a state of the vendor's", "70019", f"id:70019 sub:001 dlvrd:000 {DATES} stat:FAILED err:001 text:", FAIL),
    by_text("ACCEPTD is no end", "70020", f"id:70020 sub:001 dlvrd:000 {DATES} stat:ACCEPTD err:000 text:", None),
    by_text("ENROUTE is no end", "70021", f"id:70021 sub:001 dlvrd:000 {DATES} stat:ENROUTE err:000 text:", None),
    by_text("BUFFRED is no end", "70022", f"id:70022 sub:001 dlvrd:000 {DATES} stat:BUFFRED err:000 text:", None),
    by_text("SCHEDULED is no end", "70023", f"id:70023 sub:001 dlvrd:000 {DATES} stat:SCHEDULED err:000 text:", None),
    by_text("ACCEPTED, in full", "70024", f"id:70024 sub:001 dlvrd:000 {DATES} stat:ACCEPTED err:000 text:", None),
    by_text("an intermediate notification", "70025", f"id:70025 sub:001 dlvrd:000 {DATES} stat:UNDELIV err:001 text:", None, esm_class=0x20),
    by_text("the text says what people said", "70026", f"id:70026 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:id:9 stat:UNDELIV", SENT),
    by_text("UCS-2", "70027", f"id:70027 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000", SENT, coding=8),
    by_text("Latin-1", "70028", f"id:70028 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:caf\xe9", SENT, coding=3),
    by_text("not marked as a receipt", "70029", f"id:70029 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:Hi", SENT, esm_class=0x00),
    by_text("not marked, and failed", "70030", f"id:70030 sub:001 dlvrd:000 {DATES} stat:UNDELIV err:011 text:Hi", FAIL, esm_class=0x00),
    by_text("delivery and a user data header", "70031", f"id:70031 sub:001 dlvrd:001 {DATES} stat:DELIVRD err:000 text:", SENT, esm_class=0x07),
]  # fmt: skip

TLV_ROWS = [
    by_tlv("SMPP 3.4, 5.3.2.12", "A1", b"A1\0", 2, SENT),
    by_tlv("without the NUL", "A2", b"A2", 2, SENT),
    by_tlv("expired", "A3", b"A3\0", 3, EXPD),
    by_tlv("deleted", "A4", b"A4\0", 4, FAIL),
    by_tlv("undeliverable", "A5", b"A5\0", 5, FAIL),
    by_tlv("accepted", "A6", b"A6\0", 6, None),
    by_tlv("unknown", "A7", b"A7\0", 7, SVRE),
    by_tlv("rejected", "A8", b"A8\0", 8, BARR),
    by_tlv("en route", "A9", b"A9\0", 1, None),
    by_tlv("scheduled, of SMPP 5.0", "B0", b"B0\0", 0, None),
    by_tlv("zeros before the id", "B1F00D1", b"0000B1F00D1\0", 2, SENT),
    by_tlv("another case", "b2f00d2", b"B2F00D2\0", 2, SENT),
    by_tlv("decimal for a hexadecimal answer", "B3F00D3", b"188678355\0", 2, SENT),
    Row("sms-smpp, both ways, the parameter counts", "B4F00D4", "id:B1 stat:UNDELIV err:001 text:", SENT, tlvs={0x1E: b"B4F00D4\0", 0x427: b"\2"}),
    Row("a parameter without a state", "B5F00D5", "id:B5F00D5 stat:EXPIRED err:001 text:", EXPD, tlvs={0x1E: b"B5F00D5\0"}),
    Row("the parameter on an unmarked message", "B6F00D6", "", SENT, esm_class=0, tlvs={0x1E: b"B6F00D6\0", 0x427: b"\2"}),
    Row("the text in message_payload", "B7F00D7", "", FAIL, tlvs={0x424: b"id:B7F00D7 stat:UNDELIV err:001 text:"}),
    Row("a network's error", "B8F00D8", "", FAIL, tlvs={0x1E: b"B8F00D8\0", 0x427: b"\5", 0x423: b"\3\0\x22"}),
    Row("an intermediate notification", "B9F00D9", "", None, esm_class=0x20, tlvs={0x1E: b"B9F00D9\0", 0x427: b"\5"}),
]  # fmt: skip
