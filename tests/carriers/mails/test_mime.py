import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.carriers.smtp.samples import (
    MARK,
    content,
    make_mail,
    make_message,
    make_parcel,
    parse,
    raw,
)
from turnout.carriers import Attachment, Rejected
from turnout.carriers.mails.headers import Unmailable, clean
from turnout.carriers.mails.mime import MailTemplate
from turnout.core.messaging.model import Status

NAMES = ("one", "two", "three")
ENCODABLE = st.characters(exclude_categories=["Cs"])
HOSTILE = st.sampled_from(
    (
        *(
            "\r\n.\r\n",
            ".",
            "\n.",
            "\r\n\r\n",
            "--",
            "--=_",
            "=",
            "=3D",
            "\0",
            " ",
            "\t",
            "\r",
            "." * 80,
        ),
        *("<script>", "&amp;", "日本", "é", "x" * 2000),
        *("Bcc: eve@example.com", "\r\nBcc: eve@example.com"),
    )
)
TEXT = st.lists(st.text(ENCODABLE, max_size=30) | HOSTILE, max_size=6).map("".join)
VALUES = st.dictionaries(st.sampled_from(NAMES), TEXT | st.just("%%two%%"))
FIELDS = st.sampled_from([f"%%{name}%%" for name in NAMES])
TEMPLATE = st.lists(TEXT.map(lambda text: text.replace("%", "")) | FIELDS, max_size=8).map("".join)


def merged(text: str, values: dict[str, str], tidy=str) -> str:
    """What merging means, said once more in other words."""

    def value(field: re.Match[str]) -> str:
        return tidy(values.get(field[1], ""))

    return re.sub("%%(one|two|three)%%", value, text)


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def as_text(text: str) -> str:
    """Without control characters but line ends and tabs, and without marks of direction."""
    directions = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    return with_line_feeds(
        "".join(
            sign
            for sign in text
            if (sign in "\t\n\r" or unicodedata.category(sign) != "Cc")
            and unicodedata.bidirectional(sign) not in directions
            and not 0xFFF9 <= ord(sign) <= 0xFFFB
        )
    )


def as_html(text: str) -> str:
    return html.escape(as_text(text))


def has_line_end(part, mail) -> bool:
    """Whether the text is followed by a line end that is no boundary's."""
    return part is mail and part["Content-Transfer-Encoding"] == "quoted-printable"


def assert_wire_ready(mail) -> None:
    """What the session and DKIM count on (see the module's comment)."""
    assert mail.size == len(raw(mail))
    for chunk in mail.chunks:
        assert chunk.endswith(b"\r\n")
        lines = chunk.split(b"\r\n")
        assert not any(b"\r" in line or b"\n" in line for line in lines)
        assert not any(line.startswith(b".") for line in lines)
        assert max(map(len, lines)) <= 76
    assert all(chunk.isascii() for chunk in mail.chunks[1:])


@given(st.lists(st.sampled_from([*" \t\n.=xé", "x" * 70, "x" * 73, "." * 75]), max_size=12))
def test_lines_are_short_wherever_they_are_broken(pieces):
    mail = make_mail(make_message(text="%%one%%".join(pieces)), make_parcel(fields={"one": " "}))
    assert_wire_ready(mail)
    mail = make_mail(make_message(text="".join(pieces)))
    assert_wire_ready(mail)
    parsed = parse(mail)
    assert content(parsed) == "".join(pieces) + "\n" * has_line_end(parsed, parsed)


def test_a_plain_mail_is_written_like_this():
    message = make_message(
        subject="Your seat, %%name%%",
        text="Dear %%name%%,\nyour seat is %%seat%%.\n",
        from_name="Events",
        headers={"Reply-To": "help@example.org", "X-Job": "%%job%%"},
    )
    parcel = make_parcel(
        fields={"name": "Ada", "seat": ".7=", "job": "60000001"},
        unsubscribe_url="https://example.org/u/1",
    )
    mail = make_mail(message, parcel)
    assert raw(mail).decode().split("\r\n") == [
        "Date: Tue, 14 Nov 2023 22:13:20 +0000",
        "From: Events <events@example.org>",
        "To: ada@example.com",
        "Subject: Your seat, Ada",
        "Message-ID: <7.0a@bounces.example.org>",
        "Reply-To: help@example.org",
        "X-Job: 60000001",
        "List-Unsubscribe: <https://example.org/u/1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Dear =",
        "Ada=",
        ",",
        "your seat is =",
        "=2E=",
        "7=3D=",
        "=2E",
        "",
        "",
    ]
    assert mail._replace(chunks=[], size=0) == (
        "bounces+7.0a@bounces.example.org", "ada@example.com", "example.com", False, [], 0
    )  # fmt: skip
    assert content(parse(mail)) == "Dear Ada,\nyour seat is .7=.\n\n"


@given(TEMPLATE, TEMPLATE, TEMPLATE, VALUES, st.lists(st.binary(max_size=200), max_size=2))
def test_whatever_is_merged_the_mail_reads_as_it_was_meant(subject, text, page, values, files):
    message = make_message(
        subject=subject,
        text=text,
        html=page,
        headers={"X-Extra": subject},
        attachments=tuple(
            Attachment(f"f{number}", "image/png", file) for number, file in enumerate(files)
        ),
    )
    mail = make_mail(message, make_parcel(fields=values))
    assert_wire_ready(mail)
    parsed = parse(mail)
    assert parsed.keys() == (
        ["Date", "From", "To", "Subject", "Message-ID", "X-Extra", "MIME-Version", "Content-Type"]
        + ["Content-Transfer-Encoding"] * (not parsed.is_multipart())
    )
    assert parsed["Subject"] == parsed["X-Extra"] == clean(merged(subject, values))
    leaves = [part for part in parsed.walk() if not part.is_multipart()]
    bodies = {
        part.get_content_type(): content(part).removesuffix("\n" * has_line_end(part, parsed))
        for part in leaves
        if part.get_content_maintype() == "text"
    }
    expected = (
        {"text/plain": merged(with_line_feeds(text), values, as_text)} if text or not page else {}
    )
    if page:
        expected["text/html"] = merged(with_line_feeds(page), values, as_html)
    assert bodies == expected
    assert [leaf.get_content() for leaf in leaves[len(bodies) :]] == files


@given(st.text(ENCODABLE, min_size=1, max_size=400), st.binary(max_size=300))
def test_attachments_keep_their_names_and_contents(name, file):
    mail = make_mail(make_message(attachments=(Attachment(name, "application/pdf", file),)))
    assert_wire_ready(mail)
    _, attachment = parse(mail).iter_parts()
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_content_disposition() == "attachment"
    assert attachment.get_filename() == (clean(name).strip() or "file")
    assert attachment.get_content() == file


@pytest.mark.parametrize(
    ("content_type", "sent_as"),
    [
        ("image/jpeg", "image/jpeg"),
        ("application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("text/calendar; method=CANCEL\r\nX-Evil: 1", "application/octet-stream"),
        ('text/calendar; method="a;b"', "application/octet-stream"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("text/html\r\nX-Evil: 1", "application/octet-stream"),
        ("pdf", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_attachments_have_a_type_that_is_one(content_type, sent_as):
    mail = make_mail(make_message(attachments=(Attachment("a", content_type, b"1"),)))
    _, attachment = parse(mail).iter_parts()
    assert attachment.items() == [
        ("Content-Type", sent_as),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", 'attachment; filename="a"'),
    ]


def test_a_calendar_says_its_method_and_charset():
    type_ = "text/calendar; method=CANCEL; charset=utf-8"
    mail = make_mail(make_message(attachments=(Attachment("event.ics", type_, b"1"),)))
    (part,) = [part for part in parse(mail).walk() if part.get_filename()]
    assert part.get_content_type() == "text/calendar"
    assert (part.get_param("method"), part.get_param("charset")) == ("CANCEL", "utf-8")


def test_parts_are_nested_as_readers_expect():
    files = tuple(Attachment(name, "image/png", b"1") for name in ("a.png", "b.png", "c.png"))
    parsed = parse(make_mail(make_message(text="t", html="<p>h</p>", attachments=files)))
    assert [(part.get_content_type(), part.get_filename()) for part in parsed.walk()] == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("image/png", "a.png"),
        ("image/png", "b.png"),
        ("image/png", "c.png"),
    ]
    assert [
        part.get_content_type() for part in parse(make_mail(make_message(html="h"))).walk()
    ] == ["text/html"]


def test_pictures_that_the_html_shows_are_related_to_it():
    files = tuple(Attachment(name, "image/png", b"1") for name in ("logo a.png", "plan.png"))
    html = """<img src="cid:logo%20a.png"><p>plan.png</p>"""
    parsed = parse(make_mail(make_message(text="t", html=html, attachments=files)))
    assert [(part.get_content_type(), part.get_filename()) for part in parsed.walk()] == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("multipart/related", None),
        ("text/html", None),
        ("image/png", "logo a.png"),
        ("image/png", "plan.png"),
    ]
    shown, attached = [part for part in parsed.walk() if part.get_filename()]
    assert (shown["Content-ID"], shown.get_content_disposition()) == ("<logo%20a.png>", "inline")
    assert (attached["Content-ID"], attached.get_content_disposition()) == (None, "attachment")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Good morning", "quoted-printable"),
        ("Grüße aus Köln, wo der Saal schon voll ist", "quoted-printable"),
        ("会議の予定をお知らせします", "base64"),
        ("Программа конференции на завтра", "base64"),
    ],
)
def test_the_shorter_encoding_is_taken(text, encoding):
    parsed = parse(
        make_mail(make_message(text=text + " %%one%%"), make_parcel(fields={"one": "ñ"}))
    )
    assert parsed["Content-Transfer-Encoding"] == encoding
    assert content(parsed).rstrip("\n") == text + " ñ"


def test_a_compiled_message_shares_what_is_the_same_for_all():
    attachment = Attachment("plan.pdf", "application/pdf", bytes(100_000))
    template = MailTemplate(make_message(text="%%one%%", attachments=(attachment,)))
    mails = [
        template.render(make_parcel(number, fields={"one": str(number)}), MARK)
        for number in (1, 2, 3)
    ]
    assert template.size > 130_000
    assert len({id(mail.chunks[-1]) for mail in mails}) == 1
    assert len(mails[0].chunks[-1]) > 130_000
    assert [content(next(parse(mail).iter_parts())) for mail in mails] == ["1", "2", "3"]


def test_addresses_outside_ascii():
    idn = make_mail(make_message(), make_parcel(destination="ada@straße.de"))
    assert (idn.destination, idn.domain, idn.needs_utf8) == (
        "ada@xn--strae-oqa.de",
        "xn--strae-oqa.de",
        False,
    )
    for parcel in (
        make_parcel(destination="jürgen@straße.de"),
        make_parcel(sender="jürgen@straße.de"),
    ):
        mail = make_mail(make_message(from_name="Jürgen"), parcel)
        assert mail.needs_utf8
        assert "jürgen@xn--strae-oqa.de".encode() in mail.chunks[0]


def test_without_a_return_path_domain_the_sender_takes_its_place():
    mark = MARK._replace(return_path="", domain="", message_id="turnout.7")
    mail = MailTemplate(make_message()).render(make_parcel(), mark)
    assert mail.return_path == "events@example.org"
    assert parse(mail)["Message-ID"] == "<turnout.7@example.org>"


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("https://example.org/u?a=1&b=2", "<https://example.org/u?a=1&b=2>"),
        ("https://example.org/ü>\r\nBcc: eve", "<https://example.org/%C3%BC%3E%20Bcc:%20eve>"),
    ],
)
def test_the_unsubscribe_address_is_one_address(url, field):
    parsed = parse(make_mail(make_message(), make_parcel(unsubscribe_url=url)))
    assert parsed["List-Unsubscribe"] == field
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsed["Bcc"] is None


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"To": "eve@example.com"}, "The header To would be there twice"),
        ({"X-A": "1", "x-a": "2"}, "The header x-a would be there twice"),
        ({"X A": "1"}, "'X A' cannot be an extra header"),
        ({"X-A: 1\r\nBcc": "eve"}, "'X-A: 1\\r\\nBcc' cannot be an extra header"),
        ({"Content-Type": "text/html"}, "'Content-Type' cannot be an extra header"),
    ],
)
def test_extra_headers_cannot_replace_the_mails_own(headers, reason):
    with pytest.raises(Unmailable) as caught:
        MailTemplate(make_message(headers=headers))
    assert caught.value.outcome == Rejected(Status.PATHWAY_ERROR, reason)


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        (
            {"destination": "ada"},
            Rejected(Status.INVALID_NUMBER, "'ada' is not an e-mail address"),
        ),
        ({"sender": "12345"}, Rejected(Status.PATHWAY_ERROR, "'12345' is not an e-mail address")),
        (
            {"unsubscribe_url": "https://example.org/" + "x" * 900},
            Rejected(Status.PATHWAY_ERROR, "The address to unsubscribe at is too long"),
        ),
    ],
)
def test_a_parcel_that_makes_no_mail_is_refused(members, outcome):
    with pytest.raises(Unmailable) as caught:
        make_mail(make_message(), make_parcel(**members))
    assert caught.value.outcome == outcome


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "",
        "Müller & Söhne",
        "اَلْعَرَبِيَّة",
        'A "B" \\ C',
        "Ada, <x@y.example>",
        "名" * 12,
    ],
)
def test_the_recipient_has_a_name_and_answers_an_address(name):
    mail = parse(make_mail(make_message(reply_to="help@example.org"), make_parcel(name=name)))
    (to,) = mail["To"].addresses
    assert (to.display_name, to.addr_spec) == (name, "ada@example.com")
    assert mail["Reply-To"] == "help@example.org"


@pytest.mark.parametrize("end", ["\r\nBcc: eve@example.com", "\n\nBody", "\x00\x85\u2028Bcc: x"])
def test_no_name_adds_a_field_or_another_recipient(end):
    mail = parse(make_mail(make_message(), make_parcel(name=f"Ada{end}")))
    assert [str(address.addr_spec) for address in mail["To"].addresses] == ["ada@example.com"]
    assert mail["Bcc"] is None
    assert content(mail) == "Hello.\n"


@pytest.mark.parametrize("address", ["nobody", "a@example.org\r\nBcc: eve@example.com"])
def test_an_address_for_answers_that_is_none_stops_the_mail(address):
    with pytest.raises(Unmailable):
        MailTemplate(make_message(reply_to=address))


def test_the_address_for_answers_is_there_once():
    message = make_message(reply_to="help@example.org", headers={"Reply-To": "b@example.org"})
    with pytest.raises(Unmailable):
        MailTemplate(message)


FILLERS = pytest.mark.parametrize(
    "filler", ["", "日本語" * 100], ids=["quoted-printable", "base64"]
)


@FILLERS
@pytest.mark.parametrize(
    ("value", "merged"),
    [
        ("javascript:alert(1)", ""),
        (" java\nscript\x01:alert(1)", ""),
        ("data:text/html;base64,AAAA", ""),
        ("file:///etc/passwd", ""),
        ("https://acme.example/?next=javascript:1", "https://acme.example/?next=javascript:1"),
        ("Data: 5 GB", "Data: 5 GB"),
        ("JavaScript: an introduction", "JavaScript: an introduction"),
        ("gpj.\u202eexe\u2066\x1b[2J\x07\x00\x9b", "gpj.exe[2J"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("جين 👩\u200d🚀", "جين 👩\u200d🚀"),
    ],
)
def test_a_value_brings_nothing_that_acts_into_the_text(filler: str, value: str, merged: str):
    message = make_message(text=f"{filler}go <%%u%%>", html="<p>%%u%%</p>")
    parsed = parse(make_mail(message, make_parcel(fields={"u": value})))
    [text, page] = [part.get_content() for part in parsed.walk() if not part.is_multipart()]
    shown = f"go <{merged}>" if merged else "go"  # no brackets around nothing
    assert with_line_feeds(text).rstrip("\n") == f"{filler}{shown}"
    assert not {"\x1b", "\x00", "\x9b", "\u202e", "\u2066"} & set(page)


@FILLERS
def test_a_value_brings_no_script_into_a_link(filler: str):
    page = f'<p>{filler}</p><a href="%%u%%">go</a> %%u%%'
    message = make_message(text="t", html=page)
    parcel = make_parcel(fields={"u": "javascript:alert(1)"})
    parsed = parse(make_mail(message, parcel))
    shown = [part.get_content() for part in parsed.walk() if part.get_content_type() == "text/html"]
    assert [text.rstrip("\n") for text in shown] == [
        f'<p>{filler}</p><a href="">go</a> javascript:alert(1)'
    ]
