"""The OpenAPI documents: valid, true to their own schemas and to the code, and served as JSON."""

import msgspec
import pytest
import schemathesis
import yaml
from jsonschema import Draft202012Validator

from turnout.bootstrap import DIALECTS
from turnout.core.registrations.accepting import MAX_SESSIONS
from turnout.core.registrations.submissions import ItemStatus
from turnout.dialects.registration import errors, wire
from turnout.dialects.registration.decode import (
    DEFAULT_LIMIT,
    MAX_CHECKS,
    MAX_CUSTOM_ITEMS,
    MAX_LIMIT,
    MAX_QUEUE_ID,
)
from turnout.dialects.registration.routes import DIALECT as REGISTRATION
from turnout.dialects.registration.signin import MAX_KEY_LENGTH
from turnout.web.door.routes import DOOR
from turnout.web.openapi import follow
from turnout.web.reference import METHODS

NAMES = [*(dialect.name for dialect in DIALECTS), DOOR.name]


@pytest.fixture(scope="module", params=DIALECTS, ids=[api.name for api in DIALECTS])
def served(request, site):
    """Each document as it is served."""
    return site.request("GET", f"/openapi/{request.param.name}.json").json()


@pytest.fixture(scope="module")
def registration(site):
    return site.request("GET", "/openapi/registration.json").json()


def test_the_doors_document_is_valid_too(site):
    door = site.request("GET", "/openapi/door.json").json()
    schemathesis.openapi.from_dict(door).validate()
    for name, operation in list_operations(door):
        assert {"401", "429", "500", "503"} <= set(operation["responses"]), name


def list_operations(spec):
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def list_media(spec):
    """Every body that a request or answer may have, with where it stands."""
    for name, operation in list_operations(spec):
        holders = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for place, holder in holders.items():
            for kind, media in follow(spec, holder).get("content", {}).items():
                yield f"{name} {place} {kind}", media


def test_a_document_is_valid_openapi_3_1(served):
    assert served["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(served).validate()


def test_every_schema_is_a_valid_json_schema(served):
    for schema in served["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere(served):
    def walk(node):
        if isinstance(node, dict):
            follow(served, node)
        for inner in node.values() if isinstance(node, dict) else node:
            if isinstance(inner, dict | list):
                walk(inner)

    walk(served)


def test_every_example_is_what_its_schema_says(served):
    examples = 0
    for place, media in list_media(served):
        validator = Draft202012Validator(
            {**media["schema"], "components": served["components"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        held = [example["value"] for example in media.get("examples", {}).values()]
        for value in [*held, *([media["example"]] if "example" in media else [])]:
            assert list(validator.iter_errors(value)) == [], place
            examples += 1
    assert examples > 10


def test_every_required_parameter_has_an_example_for_the_curl_line(served):
    for operation_id, parameter in _list_parameters(served):
        place = f"{operation_id}, {parameter['name']}"
        assert parameter.get("description"), place
        if parameter.get("required"):
            schema = {**parameter["schema"], "components": served["components"]}
            assert list(Draft202012Validator(schema).iter_errors(parameter["example"])) == [], place


def test_whatever_asks_who_it_is_may_be_refused_for_a_while(served):
    for name, operation in list_operations(served):
        if operation.get("security", served.get("security")):
            answers = operation["responses"]
            assert {"429", "500", "503"} <= set(answers), name
            for status in ("429", "503"):
                assert "Retry-After" in follow(served, answers[status])["headers"], name


def _list_parameters(served):
    for item in served["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for parameter in (*operation.get("parameters", ()), *item.get("parameters", ())):
                    yield operation["operationId"], follow(served, parameter)


def test_every_answer_says_all_that_it_has(served):
    """Objects in answers have no other members than those described."""
    for place, media in list_media(served):
        if " request " not in place:
            schema = follow(served, media["schema"])
            if schema.get("type") == "string":
                continue  # XML, CSV and the like
            if schema.get("type") == "array":
                schema = follow(served, schema["items"])
            for shape in schema.get("oneOf", [schema]):
                if shape.get("type") in ("string", "integer"):
                    continue
                parts = [follow(served, part) for part in shape.get("allOf", [shape])]
                assert any(part.get("additionalProperties") is False for part in parts), place


def test_operations_are_named_once(served):
    names = [operation["operationId"] for _, operation in list_operations(served)]
    assert len(names) == len(set(names))


def test_it_is_served_as_json_with_this_servers_address(site, registration):
    document = yaml.safe_load(REGISTRATION.document.read_text())
    assert registration == document | {"servers": [{"url": "http://turnout.test"}]}
    answer = site.request("GET", "/openapi/registration.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"


def test_an_unknown_api_has_no_document(site):
    assert site.request("GET", "/openapi/planned.json").status == 404


# -- the registration API's document and code ------------------------------------------------


def sizes_of(spec, schema, place=""):
    """Each member of an OpenAPI schema, and its greatest length."""
    schema = follow(spec, schema)
    for branch in schema.get("anyOf", ()):
        yield from sizes_of(spec, branch, place)
    if "items" in schema:
        yield from sizes_of(spec, schema["items"], f"{place}[]")
    for name, member in schema.get("properties", {}).items():
        yield f"{place}.{name}", follow(spec, member).get("maxLength")
        yield from sizes_of(spec, member, f"{place}.{name}")


def sizes_in_code(type_):
    """The same of a struct."""
    schema = msgspec.json.schema(type_)
    spec = {"$defs": schema["$defs"]}

    def walk(node, place):
        node = follow(spec, node)
        branches = node.get("anyOf", [node])
        for branch in (follow(spec, branch) for branch in branches):
            if "items" in branch:
                yield from walk(branch["items"], f"{place}[]")
            for name, member in branch.get("properties", {}).items():
                lengths = [schema.get("maxLength") for schema in member.get("anyOf", [member])]
                yield f"{place}.{name}", next(filter(None, lengths), None)
                yield from walk(member, f"{place}.{name}")

    return dict(walk(schema, ""))


def test_the_sizes_of_a_registration_are_those_of_the_code(registration):
    body = registration["components"]["schemas"]["RegisterRequest"]
    assert dict(sizes_of(registration, body)) == sizes_in_code(wire.RegisterBody)


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("SigninAnswer", wire.SigninAnswer),
        ("RegisterAnswer", wire.RegisterAnswer),
        ("StatusAnswer", wire.StatusAnswer),
    ],
)
def test_the_members_of_an_answer_are_those_of_the_code(registration, name, type_):
    documented = sizes_of(registration, registration["components"]["schemas"][name])
    assert {place for place, _ in documented} == set(sizes_in_code(type_))


def test_a_failure_has_the_envelope_of_the_code(registration):
    # Its paging is always null.
    failure = registration["components"]["schemas"]["Failure"]["properties"]
    assert set(failure) == {field.encode_name for field in msgspec.structs.fields(wire.Envelope)}


def test_the_limits_are_those_of_the_code(registration):
    schemas = registration["components"]["schemas"]
    contact = schemas["Contact"]["properties"]
    request = schemas["StatusRequest"]["properties"]
    assert {
        "sessions": schemas["Sessions"]["maxItems"],
        "custom items": contact["contactCustomItems"]["maxItems"],
        "checks": request["checks"]["maxItems"],
        "limit": (request["limit"]["default"], request["limit"]["maximum"]),
        "queue id": schemas["QueueId"]["maximum"],
        "key": schemas["SigninRequest"]["properties"]["apiKey"]["maxLength"],
        "statuses": schemas["CheckResult"]["properties"]["status"]["enum"],
        "failures": schemas["Failure"]["properties"]["responseCode"]["enum"],
    } == {
        "sessions": MAX_SESSIONS,
        "custom items": MAX_CUSTOM_ITEMS,
        "checks": MAX_CHECKS,
        "limit": (DEFAULT_LIMIT, MAX_LIMIT),
        "queue id": MAX_QUEUE_ID,
        "key": MAX_KEY_LENGTH,
        "statuses": [status.value for status in ItemStatus],
        "failures": sorted(set(errors.STATUS.values())),
    }


def test_every_path_of_the_app_is_documented_with_its_methods(site, registration):
    for path, item in registration["paths"].items():
        answer = site.request("DELETE", path)
        assert answer.status == 405
        methods = {method.upper() for method in item if method in METHODS}
        # HEAD goes without saying wherever GET is (but where a GET acts).
        assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == methods


def test_the_list_of_documents_leads_to_each_and_to_its_reference(site):
    listed = site.request("GET", "/openapi").json()["apis"]
    assert [api["name"] for api in listed] == NAMES
    for document in listed:
        for address in (document["openapi"], document["reference"]):
            path = "/" + address.split("/", 3)[3]
            assert site.request("GET", path).status == 200, path
