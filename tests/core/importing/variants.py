"""Files as programs of the world write them: each says the same two people, or what is said of it.

Every variant is bytes; the expected rows are (first name, last name, e-mail), and custom fields.
"""

import codecs
import io
from typing import NamedTuple

import openpyxl

ADA = ("Ada", "Lovelace", "ada@example.com")
ZOE = ("Zoë", "Müller-Ödön", "zoe@example.org")
BOTH = (ADA, ZOE)

EN = "First name,Last name,Email\n"
ROWS = "Ada,Lovelace,ada@example.com\nZoë,Müller-Ödön,zoe@example.org\n"
PLAIN = EN + ROWS


class Variant(NamedTuple):
    """A file, and how it must be read."""

    name: str
    content: bytes
    people: tuple[tuple[str, str, str], ...] = BOTH
    customs: tuple[dict[str, str], ...] = ({}, {})
    described: str = ""
    faults: tuple[str, ...] = ()
    skipped: int = 0


def _with(separator: str, text: str = PLAIN) -> str:
    return text.replace(",", separator)


def _quoted(between: str) -> bytes:
    lines = (line.replace(",", between) for line in PLAIN.splitlines())
    return "".join(f'"{line}"\n' for line in lines).encode()


def _headed(heading: str, separator: str = ",") -> bytes:
    return (heading + "\n" + _with(separator, ROWS)).encode()


def _book(rows: list[list[object]], **settings: object) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if settings.get("hidden_first"):
        other = book.create_sheet("Notes", 0)
        other["A1"] = "do not read"
        other.sheet_state = "hidden"
        book.active = 1
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


_TABLE: list[list[object]] = [["First name", "Last name", "Email"], list(ADA), list(ZOE)]

PRETIX = (
    "Event slug,Order code,Position ID,Status,Email,Phone number,Order date,Order time,Product,"
    "Variation,Price,Tax rate,Tax rule,Tax value,Attendee name,Attendee name: Given name,"
    "Attendee name: Family name,Attendee email,Company,Address,ZIP code,City,Country,State,Voucher,"
    "Pseudonymization ID,Seat ID,Order comment,Diet,Company,Invoice address name,VAT ID,"
    "Sales channel\n"
    "conf,ABC12,1,Paid,buyer@example.com,,2027-01-01,10:00:00,Standard,,10.00,19,,1.60,"
    "Ada Lovelace,Ada,Lovelace,ada@example.com,,,,,,,,XYZ,,,vegan,Buyers Ltd,Bob Buyer,,web\n"
    "conf,ABC13,1,Paid,zoe@example.org,,2027-01-01,10:00:00,Standard,,10.00,19,,1.60,"
    "Zoë Müller-Ödön,Zoë,Müller-Ödön,,,,,,,,,XYA,,,,,,,web\n"
    "conf,ABC14,1,Canceled,gone@example.org,,2027-01-01,10:00:00,Standard,,10.00,19,,1.60,"
    "Gone Away,Gone,Away,,,,,,,,,XYB,,,,,,,web\n"
)
EVENTBRITE = (
    "Order #,Order Date,First Name,Last Name,Email,Quantity,Price Tier,Ticket Type,Attendee #,"
    "Group,Order Type,Currency,Total Paid,Fees Paid,Eventbrite Fees,Eventbrite Payment Processing,"
    "Attendee Status,Home City,Home Country,Job Title,Company,T-shirt size\n"
    "1001,2027-01-01 18:00,Ada,Lovelace,ada@example.com,1,,Regular,2001,,Free Order,EUR,0.00,0.00,"
    "0.00,0.00,Attending,,,,,M\n"
    "1002,2027-01-01 18:05,Zoë,Müller-Ödön,zoe@example.org,1,,Regular,2002,,Free Order,EUR,0.00,"
    "0.00,0.00,0.00,Attending,,,,,\n"
    "1003,2027-01-01 18:09,Not,Coming,not@example.org,1,,Regular,2003,,Free Order,EUR,0.00,0.00,"
    "0.00,0.00,Not Attending,,,,,\n"
)
HI_EVENTS = (
    "ID,First Name,Last Name,Email,Status,Is Checked In,Checked In At,Product ID,Product Name,"
    "Event ID,Public ID,Short ID,Created Date,Last Updated Date,Notes,Allergies\n"
    "1,Ada,Lovelace,ada@example.com,ACTIVE,No,,7,Standard,3,A-1,a_1,2027-01-01 10:00:00,"
    "2027-01-01 10:00:00,,nuts\n"
    "2,Zoë,Müller-Ödön,zoe@example.org,ACTIVE,Yes,2027-02-01 09:00:00,7,Standard,3,A-2,a_2,"
    "2027-01-01 10:00:00,2027-01-01 10:00:00,,\n"
    "3,Gone,Away,gone@example.org,CANCELLED,No,,7,Standard,3,A-3,a_3,2027-01-01 10:00:00,"
    "2027-01-01 10:00:00,,\n"
)

VARIANTS = (
    # Separators
    Variant("commas", PLAIN.encode(), described="CSV, commas, UTF-8"),
    Variant("semicolons", _with(";").encode(), described="CSV, semicolons, UTF-8"),
    Variant("tabs", _with("\t").encode(), described="CSV, tabs, UTF-8"),
    Variant("bars", _with("|").encode(), described="CSV, bars, UTF-8"),
    Variant("sep= and semicolons", ("sep=;\n" + _with(";")).encode()),
    Variant("SEP= in quotes", ('"SEP=;"\r\n' + _with(";")).encode()),
    Variant("sep= and a sign of its own", ("sep=^\n" + _with("^")).encode()),
    Variant("sep= and a tab", ("sep=\t\r\n" + _with("\t")).encode()),
    Variant("sep= behind a mark", codecs.BOM_UTF8 + ("sep=;\n" + _with(";")).encode()),
    Variant(
        "a comma in each cell of semicolons",
        (
            "First name;Last name;Email;Notes, if any\n"
            "Ada;Lovelace;ada@example.com;a, b, c\nZoë;Müller-Ödön;zoe@example.org;d, e\n"
        ).encode(),
        customs=({"Notes, if any": "a, b, c"}, {"Notes, if any": "d, e"}),
    ),
    Variant("blanks behind separators", _with(", ").encode()),
    Variant("blanks and quotes", _quoted('", "')),
    # Encodings
    Variant("UTF-8 with a mark", codecs.BOM_UTF8 + PLAIN.encode(), described="CSV, commas, UTF-8"),
    Variant("UTF-16 little endian", codecs.BOM_UTF16_LE + PLAIN.encode("utf-16-le")),
    Variant("UTF-16 big endian", codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be")),
    Variant("UTF-16 without a mark", PLAIN.encode("utf-16-le"), described="CSV, commas, UTF-16"),
    Variant("UTF-16 big endian without a mark", PLAIN.encode("utf-16-be")),
    Variant(
        "Unicode text of a spreadsheet",
        codecs.BOM_UTF16_LE + _with("\t").replace("\n", "\r\n").encode("utf-16-le"),
        described="CSV, tabs, UTF-16",
    ),
    Variant(
        "Windows-1252 and semicolons",
        _with(";").encode("cp1252"),
        described="CSV, semicolons, Windows-1252",
    ),
    Variant(
        "Windows-1252 with a euro sign",
        "Vorname;Nachname;E-Mail;Preis\nAda;Lovelace;ada@example.com;10 €\n"
        "Zoë;Müller-Ödön;zoe@example.org;\n".encode("cp1252"),
        customs=({"Preis": "10 €"}, {}),
    ),
    Variant("a mark twice", codecs.BOM_UTF8 * 2 + PLAIN.encode()),
    # Line ends
    Variant("CR LF", PLAIN.replace("\n", "\r\n").encode()),
    Variant("CR", PLAIN.replace("\n", "\r").encode()),
    Variant("CR CR LF", PLAIN.replace("\n", "\r\r\n").encode()),
    Variant("mixed ends", (EN + ROWS.replace("\n", "\r\n")).encode()),
    Variant("no end of the last line", PLAIN.rstrip("\n").encode()),
    Variant("empty lines between", PLAIN.replace("\n", "\n\n").encode()),
    Variant("empty lines before the heading", b"\n\r\n\n" + PLAIN.encode()),
    # Ends of spreadsheets and old systems
    Variant("trailing empty columns", PLAIN.replace("\n", ",,,\n").encode()),
    Variant("trailing empty rows", (PLAIN + ",,\n" * 50).encode()),
    Variant(
        "empty rows and columns",
        (PLAIN.replace("\n", ";;;\n").replace(",", ";") + ";;;;;\n" * 3).encode(),
    ),
    Variant("Ctrl-Z at the end", PLAIN.encode() + b"\x1a"),
    Variant("Ctrl-Z on a line", PLAIN.encode() + b"\r\n\x1a\r\n"),
    Variant("short rows", (EN.replace("\n", ",Diet,Notes\n") + ROWS).encode()),
    # Quotes
    Variant("everything in quotes", _quoted('","')),
    Variant(
        "line ends and quotes in cells",
        (
            "First name,Last name,Email,Said\n"
            'Ada,Lovelace,ada@example.com,"one\r\ntwo, ""three"""\n'
            "Zoë,Müller-Ödön,zoe@example.org,\n"
        ).encode(),
        customs=({"Said": 'one\r\ntwo, "three"'}, {}),
    ),
    Variant(
        "a line end in a heading",
        ('"First\nname","Last\nname","E-\nmail"\n' + ROWS).encode(),
    ),
    Variant(
        "digits kept as text",
        b'First name,Last name,Email,Badge\nAda,Lovelace,ada@example.com,"=""007"""\n'
        + "Zoë,Müller-Ödön,zoe@example.org,".encode(),
        customs=({"Badge": "007"}, {}),
    ),
    Variant(
        "cells that were defused",
        "First name,Last name,Email,Said\nAda,Lovelace,ada@example.com,'=1+1\n"
        "Zoë,Müller-Ödön,zoe@example.org,a;'=2\n".encode(),
        customs=({"Said": "=1+1"}, {"Said": "a;=2"}),
    ),
    Variant("blanks of all kinds", PLAIN.replace(",", "\xa0, \u3000").encode()),
    # Headings
    Variant("English in capitals", _headed("FIRST NAME,SURNAME,E-MAIL ADDRESS")),
    Variant("without blanks", _headed("firstname,lastname,email")),
    Variant("with underlines", _headed("first_name,last_name,e_mail")),
    Variant("with stars and colons", _headed("First name *:,Last name *:,E-mail *:")),
    Variant("German", _headed("Vorname;Nachname;E-Mail", ";")),
    Variant(
        "German, Name and Vorname",
        (
            "Name;Vorname;E-Mail-Adresse\nLovelace;Ada;ada@example.com"
            "\nMüller-Ödön;Zoë;zoe@example.org\n"
        ).encode("cp1252"),
    ),
    Variant("French", _headed("Prénom;Nom;Adresse e-mail", ";")),
    Variant(
        "French in Windows-1252",
        ("Prénom;Nom de famille;Courriel\n" + _with(";", ROWS)).encode("cp1252"),
    ),
    Variant("Spanish", _headed("Nombre;Apellidos;Correo electrónico", ";")),
    Variant("composed and decomposed accents", _headed("Pre\u0301nom,Nom,Mel")),
    Variant(
        "one column for the name",
        b"Name,Email\nAda Lovelace,ada@example.com\n"
        + '"Müller-Ödön, Zoë",zoe@example.org\n'.encode(),
    ),
    Variant(
        "one column for the name in French",
        "Nom et prénom;Courriel\nAda Lovelace;ada@example.com\n"
        "Zoë Müller-Ödön;zoe@example.org".encode("cp1252"),
    ),
    Variant(
        "custom fields",
        "Diet,Email,First name,Last name,T-Shirt\nvegan,ada@example.com,Ada,Lovelace,M\n"
        ",zoe@example.org,Zoë,Müller-Ödön,L\n".encode(),
        customs=({"Diet": "vegan", "T-Shirt": "M"}, {"T-Shirt": "L"}),
    ),
    # Other programs
    Variant("pretix", PRETIX.encode(), customs=({"Diet": "vegan"}, {}), skipped=1),
    Variant(
        "pretix with semicolons",
        PRETIX.replace(",", ";").encode(),
        customs=({"Diet": "vegan"}, {}),
        skipped=1,
    ),
    Variant("Eventbrite", EVENTBRITE.encode(), customs=({"T-shirt size": "M"}, {}), skipped=1),
    Variant("Hi.Events", HI_EVENTS.encode(), customs=({"Allergies": "nuts"}, {}), skipped=1),
    Variant(
        "contacts of a mail program",
        "First Name,Middle Name,Last Name,E-mail 1 - Value,Labels\n"
        "Ada,,Lovelace,ada@example.com,* friends\nZoë,,Müller-Ödön,zoe@example.org,\n".encode(),
        customs=({"Labels": "* friends"}, {}),
    ),
    # Workbooks
    Variant("XLSX", _book(_TABLE), described="workbook, sheet 'Sheet'"),
    Variant(
        "XLSX with empty rows and columns",
        _book(
            [
                [],
                ["First name", "Last name", "Email", None, None],
                [],
                list(ADA),
                [None] * 6,
                list(ZOE),
                [],
            ]
        ),
    ),
    Variant("XLSX behind a hidden sheet", _book(_TABLE, hidden_first=True)),
    Variant(
        "XLSX with numbers",
        _book([[*_TABLE[0], "Badge"], [*ADA, 7.0], [*ZOE, 0.5]]),
        customs=({"Badge": "7"}, {"Badge": "0.5"}),
    ),
    # Rows at fault
    Variant(
        "a quotation mark that is never closed: close it.",
        (PLAIN + '"Bob,Broken,bob@example.com\n').encode(),
        faults=("line 4: A quotation mark that opens in this row is never closed: close it.",),
    ),
    Variant(
        "text behind a closing quotation mark",
        (EN + '"Bob" B,Broken,bob@example.com\n' + ROWS).encode(),
        faults=(
            "line 2: More text stands behind a cell in quotation marks: write a quotation mark "
            "inside a cell twice.",
        ),
    ),
    Variant(
        "a cell beyond the heading",
        (EN + "Bob,Broken,bob@example.com,more\n" + ROWS).encode(),
        faults=("line 2: 'more' stands in column 4, which has no heading: name it.",),
    ),
    Variant(
        "the error of a formula",
        (EN + "#N/A,Broken,bob@example.com\n" + ROWS).encode(),
        faults=(
            "line 2, column First name: #N/A is the error of a formula: correct it in the file.",
        ),
    ),
)
