"""An OpenAPI document as its reference page shows it; knows nothing of any one API.

It needs of a document: an `operationId`, a summary and a tag for each operation, failures that
are shared responses (`#/components/responses/…`) with a body, and `x-shell` in each security
scheme: the shell variable for the credential, and what stands for a credential that is not known,
or the operation and member that it comes from. Descriptions are paragraphs with `code` in them;
the first sentence of a failure is its title.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from turnout.web.curl_samples import Sample, curl, pretty, set_from_answer, set_variable
from turnout.web.openapi import follow
from turnout.web.schemas import Row, Spec, describe, list_members

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
JSON = "application/json"


class Body(NamedTuple):
    """A request's or answer's body."""

    types: list[str]
    rows: list[Row]
    examples: list[Sample]


class Answer(NamedTuple):
    """An answer, by status. `anchor` is where it is explained once for all, "" if here."""

    status: str
    description: str
    anchor: str
    headers: list[Row]
    body: Body | None


class Operation(NamedTuple):
    """A method of a path. `schemes` are the ways to prove who asks, by name; `samples` are curl
    lines and examples of bodies. `is_webhook`: the server calls it, at an address of the user's."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    schemes: list[str]
    parameters: list[Row]
    request: Body | None
    answers: list[Answer]
    samples: list[Sample]
    is_webhook: bool = False


class Group(NamedTuple):
    """The operations of one tag."""

    name: str
    description: str
    operations: list[Operation]


class Scheme(NamedTuple):
    """A way to prove who asks, and how a shell comes by it."""

    name: str
    header: str
    description: str
    setup: str


class Reference(NamedTuple):
    """Everything on a reference page, in its order."""

    title: str
    version: str
    summary: str
    description: str
    server: str
    schemes: list[Scheme]
    groups: list[Group]
    failures: list[Answer]

    @property
    def failure_headers(self) -> list[Row]:
        """The headers that every failure has."""
        if not self.failures:
            return []
        first, *others = self.failures
        return [row for row in first.headers if all(row in other.headers for other in others)]


def read_reference(spec: Spec, secrets: Mapping[str, str]) -> Reference:
    """Read `spec`; `secrets` are known values of its security schemes, by scheme name."""
    info = spec["info"]
    operations = [
        (operation["tags"][0], _read_operation(spec, path, method, operation, item))
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    operations += [
        (operation["tags"][0], _read_webhook(spec, method, operation))
        for item in spec.get("webhooks", {}).values()
        for method, operation in item.items()
        if method in METHODS
    ]
    return Reference(
        title=info["title"],
        version=info["version"],
        summary=info.get("summary", ""),
        description=info.get("description", ""),
        server=_server(spec),
        schemes=list(_read_schemes(spec, secrets)),
        groups=[_group(tag, operations) for tag in spec["tags"]],
        failures=_read_failures(spec),
    )


def _group(tag: Spec, operations: list[tuple[str, Operation]]) -> Group:
    own = [operation for name, operation in operations if name == tag["name"]]
    return Group(tag["name"], tag.get("description", ""), own)


def _read_operation(spec: Spec, path: str, method: str, operation: Spec, item: Spec) -> Operation:
    parameters = [
        follow(spec, parameter)
        for parameter in [*operation.get("parameters", ()), *item.get("parameters", ())]
    ]
    request = follow(spec, operation.get("requestBody", {}))
    body = _read_body(spec, request)
    answers = [
        _read_answer(spec, status, answer) for status, answer in operation["responses"].items()
    ]
    calls = list(_list_calls(spec, path, method, operation, parameters))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        schemes=_schemes_of(spec, operation),
        parameters=[_read_parameter(spec, parameter) for parameter in parameters],
        request=body,
        answers=answers,
        samples=[
            *(Sample(_titled("Request", call.title), call.text) for call in calls),
            *_samples("Body", body if not request.get("required") else None),
            *(
                sample
                for answer in answers
                if not answer.anchor
                for sample in _samples(f"Answer {answer.status}", answer.body)
            ),
        ],
    )


def _read_webhook(spec: Spec, method: str, operation: Spec) -> Operation:
    """What the server posts: it has no curl line, and its example is a form."""
    body = _read_body(spec, operation["requestBody"])
    [media] = operation["requestBody"]["content"].values()
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path="your callback_url",
        summary=operation["summary"],
        description=operation.get("description", ""),
        schemes=[],
        parameters=[
            _read_parameter(spec, follow(spec, parameter)) for parameter in operation["parameters"]
        ],
        request=body,
        answers=[_read_answer(spec, *answer) for answer in operation["responses"].items()],
        samples=[
            Sample(_titled("Body", title), urlencode(value).replace("&", "\n&"))
            for title, value in _examples(media)
        ],
        is_webhook=True,
    )


def _samples(title: str, body: Body | None) -> list[Sample]:
    examples = body.examples if body else []
    return [Sample(_titled(title, example.title), example.text) for example in examples]


def _titled(title: str, detail: str) -> str:
    return f"{title}: {detail}" if detail else title


def _read_parameter(spec: Spec, parameter: Spec) -> Row:
    kind = f"{parameter['in']}: {describe(spec, parameter['schema'])}"
    is_required = parameter.get("required", False)
    return Row("", parameter["name"], kind, is_required, parameter.get("description", ""))


def _read_body(spec: Spec, holder: Spec) -> Body | None:
    media = holder.get("content", {})
    if not media:
        return None
    first = next(iter(media.values()))
    return Body(
        types=list(media),
        rows=list(list_members(spec, first["schema"])),
        examples=[Sample(title, pretty(value)) for title, value in _examples(first)],
    )


def _read_answer(spec: Spec, status: str, answer: Spec) -> Answer:
    anchor = _anchor(answer)
    answer = follow(spec, answer)
    headers = [
        Row(
            "",
            name,
            describe(spec, header["schema"]),
            header.get("required", False),
            header.get("description", ""),
        )
        for name, held in answer.get("headers", {}).items()
        for header in [follow(spec, held)]
    ]
    return Answer(status, answer["description"], anchor, headers, _read_body(spec, answer))


def _read_failures(spec: Spec) -> list[Answer]:
    """The answers that operations share, by status."""
    shared = {
        (status, _anchor(answer)): answer
        for item in spec["paths"].values()
        for method, operation in item.items()
        if method in METHODS
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    }
    return [_read_answer(spec, status, shared[status, anchor]) for status, anchor in sorted(shared)]


def _anchor(answer: Spec) -> str:
    return f"answer-{answer['$ref'].rpartition('/')[2]}" if "$ref" in answer else ""


def _read_schemes(spec: Spec, secrets: Mapping[str, str]) -> Iterator[Scheme]:
    """The schemes; where one is had by a call, the shell makes that call."""
    for name, scheme in spec["components"].get("securitySchemes", {}).items():
        shell = scheme["x-shell"]
        if "operation" in shell:
            call = _call_by_id(spec, shell["operation"])
            setup = set_from_answer(shell["variable"], call, shell["member"])
        else:
            value = secrets.get(name, shell["placeholder"])
            setup = set_variable(shell["variable"], value)
        yield Scheme(name, _credential(scheme, "…"), scheme.get("description", ""), setup)


def _schemes_of(spec: Spec, operation: Spec) -> list[str]:
    holder = operation if "security" in operation else spec
    return [name for alternative in holder.get("security", ()) for name in alternative]


def _credential(scheme: Spec, value: str) -> str:
    """The header that carries a credential."""
    if scheme["type"] == "apiKey":
        return f"{scheme['name']}: {value}"
    return f"Authorization: {scheme['scheme'].title()} {value}"


# -- calls ---------------------------------------------------------------------------------


def _list_calls(
    spec: Spec, path: str, method: str, operation: Spec, parameters: list[Spec]
) -> Iterator[Sample]:
    """The operation in curl: once for each example of a body that it requires."""
    request = follow(spec, operation.get("requestBody", {}))
    bodies: list[tuple[str, Any]] = [("", None)]
    if request.get("required"):
        bodies = _examples(request["content"][JSON])
    schemes = spec["components"].get("securitySchemes", {})
    headers = [
        _credential(schemes[name], f"${schemes[name]['x-shell']['variable']}")
        for name in _schemes_of(spec, operation)[:1]
    ]
    given = [parameter for parameter in parameters if "example" in parameter]
    query = urlencode(
        {
            parameter["name"]: parameter["example"]
            for parameter in given
            if parameter["in"] == "query"
        },
        doseq=True,
    )
    for parameter in given:
        if parameter["in"] == "path":
            path = path.replace(
                f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe="")
            )
    for title, body in bodies:
        text = curl(
            method.upper(),
            f"{_server(spec)}{path}",
            headers,
            query=query.split("&") if query else (),
            body=body,
        )
        yield Sample(title, text)


def _call_by_id(spec: Spec, operation_id: str) -> str:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method in METHODS and operation["operationId"] == operation_id:
                return next(_list_calls(spec, path, method, operation, [])).text
    raise LookupError(f"x-shell names the operation {operation_id}, which is not there")


def _examples(media: Spec) -> list[tuple[str, Any]]:
    """The examples of a media type, each with what it shows."""
    if "example" in media:
        return [("", media["example"])]
    return [
        (example.get("summary", name), example["value"])
        for name, example in media.get("examples", {}).items()
    ]


def _server(spec: Spec) -> str:
    return str(spec["servers"][0]["url"])
