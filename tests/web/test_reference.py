"""The reference page: everything in the OpenAPI document is on it, and it knows no API."""

import json

import pytest
import yaml

from tests.support.client import AppClient
from tests.web.reading import Page
from turnout.dialects.registration.routes import DIALECT as REGISTRATION
from turnout.http.dialect import Dialect
from turnout.web.catalogue import WebParts
from turnout.web.reference import METHODS
from turnout.web.routes import build


def read_operations(spec):
    return [
        (path, method, operation)
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def read_status(spec, name):
    return spec["components"]["responses"][name]["content"]["application/json"]["example"][
        "responseCode"
    ]


@pytest.fixture(scope="module")
def page(site):
    return Page(site.request("GET", "/reference/registration").body)


@pytest.fixture(scope="module")
def spec():
    return yaml.safe_load(REGISTRATION.document.read_text())


def test_it_lists_every_operation(page, spec):
    for path, method, operation in read_operations(spec):
        assert f"{method.upper()} {path}" in page.text
        assert operation["operationId"] in page.ids


def test_it_lists_every_parameter_member_and_header(page, spec):
    names = [p["name"] for p in spec["components"]["parameters"].values()]
    names += [header for a in spec["components"]["responses"].values() for header in a["headers"]]
    for schema in spec["components"]["schemas"].values():
        names += schema.get("properties", {})
    assert [name for name in names if name not in page.text] == []


def test_it_explains_every_failure_once(page, spec):
    anchors = [f"answer-{name}" for name in spec["components"]["responses"]]
    shown = [id_ for id_ in page.ids if id_.startswith("answer-")]
    assert sorted(shown) == sorted(anchors)
    codes = [read_status(spec, id_.removeprefix("answer-")) for id_ in shown]
    assert codes == sorted(codes)


def test_it_has_a_call_for_every_example_of_a_request(page):
    calls = [code for code in page.codes if code.startswith("curl ")]
    assert [call.splitlines()[0].removesuffix(" \\") for call in calls] == [
        "curl -s -X POST http://turnout.test/v1.0/signin",
        "curl -s http://turnout.test/v1.0/signin",
        "curl -s http://turnout.test/.well-known/jwks.json",
        "curl -s -X PUT http://turnout.test/v1.0/register",
        "curl -s -X PUT http://turnout.test/v1.0/register",
        "curl -s -G http://turnout.test/v1.0/registerstatus",
        "curl -s -X POST http://turnout.test/v1.0/registerstatus",
    ]


def test_its_examples_are_those_of_the_document(page, spec):
    shown = [json.loads(code) for code in page.codes if code.startswith("{")]
    for _, _, operation in read_operations(spec):
        for media in operation["responses"]["200"]["content"].values():
            assert all(example["value"] in shown for example in media["examples"].values())


def test_sizes_and_defaults_stand_beside_their_members(page):
    for text in (
        "registration.contact.email required string, e-mail address, 3 to 100 characters",
        "registration.contact.lastName string, up to 20 characters, or null",
        "registration.contact.contactCustomItems array, up to 20 items, or null",
        "limit query: integer, 1 to 100, default 25",
        "checkResults[].message may be absent",
        "checkResults[].status string, one of queued, success, failed",
    ):
        assert text in page.text


@pytest.mark.parametrize(
    ("client", "first"),
    [("site", "API_KEY='key of the account'"), ("demo_site", "API_KEY=demo-key")],
)
def test_the_lines_have_the_key_of_a_demo_and_of_nobody_else(request, client, first):
    answer = request.getfixturevalue(client).request("GET", "/reference/registration")
    setup = next(code for code in Page(answer.body).codes if "API_KEY=" in code)
    assert setup.splitlines()[0] == first


LIBRARY = """
openapi: 3.1.0
info: {title: Library <API>, version: "2"}
tags: [{name: Books}]
security: [{token: []}]
paths:
  /books/{id}:
    delete:
      operationId: removeBook
      tags: [Books]
      summary: Remove a <book>
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: it's 7}
        - {name: note, in: query, schema: {type: string}, example: a b}
      responses:
        "200":
          description: It is gone.
          content:
            application/json:
              schema:
                allOf:
                  - $ref: "#/components/schemas/Book"
                  - {required: [left], properties: {left: {type: number}}}
        "204": {description: It was gone.}
components:
  securitySchemes:
    token: {type: http, scheme: bearer, x-shell: {variable: KEY, placeholder: a key}}
  schemas:
    Book:
      type: object
      required: [title]
      properties:
        title: {type: string, minLength: 3, maxLength: 3}
        chapters: {type: array, items: {$ref: "#/components/schemas/Chapter"}}
    Chapter:
      type: object
      properties:
        pages: {type: integer, minimum: 1}
        book: {$ref: "#/components/schemas/Book"}
"""


def test_any_other_api_only_adds_its_document(tmp_path):
    document = tmp_path / "openapi.yaml"
    document.write_text(LIBRARY)
    library = Dialect[object]("library", "Library", "/books", "Books.", document, lambda _: [])
    with AppClient(build(WebParts("http://turnout.test", (library,), None))) as client:
        page = Page(client.request("GET", "/reference/library").body)
        served = client.request("GET", "/openapi/library.json").json()
    assert served["info"]["title"] == "Library <API>"
    for text in (
        "Library <API>",
        "Remove a <book>",
        "DELETE /books/{id}",
        "title string, exactly 3 characters",
        "chapters may be absent array",
        "chapters[].pages may be absent integer, 1 or more",
        "left number",
    ):
        assert text in page.text
    assert page.codes[1:] == [
        "KEY='a key'",
        "curl -s -G -X DELETE http://turnout.test/books/it%27s%207 \\\n"
        '  -d "note=a+b" \\\n'
        '  -H "Authorization: Bearer $KEY"',
    ]
