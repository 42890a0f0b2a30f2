"""What a body says, whatever its type says: JSON, a form, a multipart form; and what is refused."""

import json
import random
import urllib.parse
from typing import Any

import pytest

from turnout.errors import Invalid
from turnout.http import forms, json_shape
from turnout.http.forms import nest, parse_form
from turnout.http.json_shape import check_shape
from turnout.http.members import Kind, Limits, decode_members, kind_of, read_query

LIMITS = Limits(100_000, fields=20, values=100, depth=5)
FORM, JSON, TEXT = "application/x-www-form-urlencoded", "application/json", "text/plain"
TYPES = (FORM, JSON, TEXT, "", "application/octet-stream")


def decode(body: bytes, content_type: str = "", limits: Limits = LIMITS) -> dict[str, Any]:
    return decode_members(body, content_type, limits)


def refusal(body: bytes, content_type: str = JSON, limits: Limits = LIMITS) -> str:
    with pytest.raises(Invalid) as raised:
        decode(body, content_type, limits)
    return raised.value.message


def multipart(*fields: tuple[str, str], boundary: str = "xYz") -> bytes:
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


@pytest.mark.parametrize("content_type", TYPES)
def test_json_is_json_under_any_type(content_type):
    assert decode(b' {"a": [1, {"b": "c&d=e"}]}\n', content_type) == {"a": [1, {"b": "c&d=e"}]}


@pytest.mark.parametrize("content_type", TYPES)
def test_a_form_is_a_form_under_any_type(content_type):
    assert decode(b"a=1&b%5Bc%5D=%C3%A9+%2B&d=", content_type) == {
        "a": "1",
        "b": {"c": "\u00e9 +"},
        "d": "",
    }


@pytest.mark.parametrize("content_type", [*TYPES, "multipart/form-data; boundary=xYz"])
def test_multipart_is_multipart_under_any_type(content_type):
    body = multipart(("a", "1"), ("list[0][name]", "\u00e9\r\nx"), ("list[1][name]", ""))
    assert decode(body, content_type) == {
        "a": "1",
        "list": [{"name": "\u00e9\r\nx"}, {"name": ""}],
    }


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b"[]", b"null", b'""'])
def test_nothing_is_no_members(body):
    assert decode(body, JSON) == {}


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b"hello", FORM, Kind.FORM),
        (b"hello", JSON, Kind.JSON),
        (b'"a": 1', FORM, Kind.JSON),
        (b"a => 1", TEXT, Kind.JSON),
        (b"a=>1", TEXT, Kind.JSON),
        (b"<a b='c'/>", TEXT, Kind.JSON),
        (b" " * 5000 + b"x", FORM, Kind.JSON),
        (b" " * 4096, FORM, Kind.EMPTY),
    ],
)
def test_what_could_be_either_is_told_by_its_beginning(body, content_type, kind):
    assert kind_of(body, content_type) is kind


# -- forms ----------------------------------------------------------------------------------


def test_names_are_nested_as_in_php():
    pairs = [
        ("a[]", "1"),
        ("a[]", "2"),
        ("b[x][0]", "3"),
        ("b[x][2]", "4"),
        ("c[d", "5"),
        ("e", "6"),
    ]
    pairs += [("e", "7")]
    assert nest(pairs) == {"a": ["1", "2"], "b": {"x": ["3", "4"]}, "c[d": "5", "e": "7"}


@pytest.mark.parametrize("names", [("a", "a[b]"), ("a[b]", "a"), ("a[b][c]", "a[b]")])
def test_a_name_that_is_text_and_a_list_is_refused(names):
    with pytest.raises(Invalid, match="there as text and as a list"):
        nest([(name, "1") for name in names])


def test_a_name_has_few_levels():
    assert nest([("a" + "[b]" * 7, "1")])["a"]
    with pytest.raises(Invalid, match="up to 8 levels"):
        nest([("a" + "[b]" * 5000, "1")])


@pytest.mark.parametrize("size", [7, 1 << 18])
def test_escapes_are_undone_as_everywhere(size, monkeypatch):
    monkeypatch.setattr(forms, "SLICE", size)
    dice = random.Random(size)
    for _ in range(2000):
        text = bytes(dice.choice(b"a%=+41;\r\n ?") for _ in range(dice.randrange(50)))
        name = urllib.parse.unquote_to_bytes(text.replace(b"+", b" ")).decode("latin-1")
        assert parse_form(b"x=" + text, 2, "latin-1") == [("x", name)]


def test_a_query_keeps_its_order_and_blanks():
    assert read_query("b=1&a=&b=2&c") == [("b", "1"), ("a", ""), ("b", "2"), ("c", "")]


@pytest.mark.parametrize(
    "body",
    [b"a=%FF", b"%FF=a", multipart(("a", "x")).replace(b"x", b"\xff"), b'{"a": "\xff"}'],
)
def test_what_is_not_utf8_is_refused(body):
    assert "not UTF-8" in refusal(body, "")


def test_a_form_in_another_charset_is_read():
    assert decode(b"a=%E9", f"{FORM}; charset=iso-8859-1") == {"a": "\u00e9"}
    assert "'klingon' is not known" in refusal(b"a=%E9", f"{FORM}; charset=klingon")


@pytest.mark.parametrize(
    "body",
    [
        multipart(("a", "1"))[:-10],
        multipart(("a", "1")).replace(b"\r\n\r\n", b"\r\n"),
        b'--xYz\r\nContent-Disposition: form-data; name="a"\r\n\r\n',
        b"--xYz\r\nContent-" + b"x" * 9000 + multipart(("a", "1")),
    ],
)
def test_half_a_multipart_body_is_refused(body):
    assert refusal(body, "") == "The multipart body ends too early."


def test_a_part_without_a_name_or_in_another_encoding_is_refused():
    assert "has no name" in refusal(multipart(("a", "1")).replace(b"name", b"filename"), "")
    coded = multipart(("a", "1")).replace(
        b"\r\n\r\n1", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n1"
    )
    assert "sent as they are" in refusal(coded, "")


# -- bounds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"a&" * 20, b"&" * 20, multipart(*[("a", "1")] * 21)])
def test_a_form_has_a_limit_of_fields(body):
    assert refusal(body, FORM) == "The form has over 20 fields. Send less at once."


def test_as_many_fields_as_the_limit_are_taken():
    assert len(decode(b"&".join(b"a%d=1" % number for number in range(20)))) == 20
    assert len(decode(multipart(*[(f"a{number}", "1") for number in range(20)]))) == 20


@pytest.mark.parametrize("depth", [6, 100, 5000, 50_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_has_a_limit(depth, opening, closing):
    body = '{"a": ' + opening * (depth - 1) + "1" + closing * (depth - 1) + "}"
    limits = LIMITS._replace(values=10**6)
    expected = "The body is nested too deeply: 5 levels are the limit."
    assert refusal(body.encode(), JSON, limits) == expected


def test_brackets_and_commas_in_strings_are_not_counted():
    text = '\\"[[[[{{{{,,,,"\\\\' * 200
    assert decode(json.dumps({"a": text, "b": [1, [2]]}).encode()) == {"a": text, "b": [1, [2]]}


def test_values_have_a_limit():
    limit = LIMITS._replace(values=1000)
    assert len(decode(b'{"a":[%s]}' % b",".join([b"0"] * 998), JSON, limit)["a"]) == 998
    expected = "The body has over 1000 values. Send less at once."
    assert refusal(b'{"a":[%s]}' % b",".join([b"0"] * 999), JSON, limit) == expected
    assert refusal(b'{"a":[%s]}' % b",".join([b"[]"] * 600), JSON, limit) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 18])
def test_shape_is_the_same_whatever_the_slices(size, monkeypatch):
    monkeypatch.setattr(json_shape, "SLICE", size)
    dice = random.Random(size)
    for _ in range(300):
        value = make_value(dice, 3)
        text = json.dumps(value).encode()
        levels, values = measure(value)
        check_shape(text, values=values + 1, depth=levels)
        if levels:
            with pytest.raises(Invalid, match="nested too deeply"):
                check_shape(text, values=10**6, depth=levels - 1)


def make_value(dice: random.Random, depth: int) -> Any:
    kind = dice.randrange(4) if depth else 3
    if kind == 0:
        return [make_value(dice, depth - 1) for _ in range(dice.randrange(4))]
    if kind == 1:
        return {f"n{number}": make_value(dice, depth - 1) for number in range(dice.randrange(4))}
    return "".join(dice.choice('a"\\,[]{}:') for _ in range(dice.randrange(6)))


def measure(value: Any) -> tuple[int, int]:
    """How deep it is, and its commas and opening brackets."""
    if not isinstance(value, list | dict):
        return 0, 0
    inner = [measure(item) for item in (value.values() if isinstance(value, dict) else value)]
    commas = max(0, len(inner) - 1)
    return 1 + max((depth for depth, _ in inner), default=0), 1 + commas + sum(n for _, n in inner)


# -- slips ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "slip"),
    [
        ('"registration": {"a": 1}', "the outer braces are missing"),
        ("registration: {}", "the outer braces are missing"),
        ('"a" => 1', "the outer braces are missing"),
        ('{\n"a": 1,\n\n}', "line 2: a comma before }"),
        ('{"a": [1, 2,]}', "line 1: a comma before ]"),
        ("{'a': 1}", "line 1: single quotes where double quotes belong"),
        ('{"a" => 1}', "line 1: => where : belongs"),
        ('{"a" = 1}', "line 1: = where : belongs"),
        ("{\u201ca\u201d: 1}", "line 1: curly quotes where straight quotes belong"),
        ('{\n"a": 1\n"b": 2}', 'line 3: a comma or a : is missing before "b"'),
        ('{"a": 1', "line 1: the closing } is missing"),
        ('{"a": [1}', "line 1: } where ] belongs"),
        ('{"a": 1}}', "line 1: } closes nothing"),
        ('{"a": 1} {"b": 2}', "line 1: something follows the end: {"),
        ("{a: 1}", "line 1: the name a has no quotes"),
        ('{"a": yes}', "line 1: the text yes has no quotes"),
        ('{"a": True}', "line 1: True where true belongs"),
        ('{"a": None}', "line 1: None where null belongs"),
        ('{"a": 007}', "line 1: 007 is not a number"),
        ('{"a": }', "line 1: a value is missing before }"),
        ('{"a": 1,, "b": 2}', "line 1: a comma without a value before it"),
        ('{"a": "x\ny"}', "line 1: a string that does not end on its line"),
        ('{\n// why\n"a": 1}', "line 2: a comment, which JSON does not have"),
        ('{"a":\n"\\x"}', "line 2, column 4: invalid escape character in string"),
    ],
)
def test_a_slip_is_named_with_its_place(body, slip):
    assert refusal(body.encode()) == f"The body is not valid JSON: {slip}."


def test_a_slip_beyond_the_beginning_has_its_line():
    body = '{"a": "%s",\n"b": \x01}' % ("x" * 20_000)
    assert (
        refusal(body.encode()) == "The body is not valid JSON: line 2, column 6: invalid character."
    )


def test_another_value_is_no_object():
    assert refusal(b"[1]") == "The body must be a JSON object."
    assert refusal(b"12") == "The body must be a JSON object."


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'{"a": "\uD83D and more text"}'])
def test_half_a_pair_is_named(text: str) -> None:
    assert "(half a pair, such as " in refusal(text.encode())
