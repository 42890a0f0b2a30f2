"""JSON Schemas as table rows, in words."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from turnout.web.openapi import follow

Spec = dict[str, Any]
Schema = dict[str, Any]

FORMATS = {"email": "e-mail address", "uri": "address", "date-time": "date and time"}


class Row(NamedTuple):
    """One member, parameter or header. `place` leads to the object that it is in."""

    place: str
    name: str
    kind: str
    is_required: bool
    meaning: str


def list_members(
    spec: Spec, schema: Schema, place: str = "", inside: frozenset[int] = frozenset()
) -> Iterator[Row]:
    """All members of an object, of its objects and of the objects in its lists, depth first.

    A schema that holds itself is not entered again; `inside` are the members being listed.
    """
    schema = _without_null(spec, follow(spec, schema))
    if "items" in schema:
        yield from list_members(spec, schema["items"], f"{place.removesuffix('.')}[].", inside)
    for name, (held, is_required) in _members_of(spec, schema).items():
        member = follow(spec, held)
        yield Row(place, name, describe(spec, member), is_required, member.get("description", ""))
        if id(held) not in inside:
            yield from list_members(spec, member, f"{place}{name}.", inside | {id(held)})


def describe(spec: Spec, schema: Schema) -> str:
    """Type and limits in words: "string, up to 50 characters, or null"."""
    schema = follow(spec, schema)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    is_nullable = "null" in kinds or _null_branch(spec, schema)
    inner = _without_null(spec, schema)
    kind = inner.get("type", "any")
    kinds = [name for name in ([kind] if isinstance(kind, str) else kind) if name != "null"]
    words = [" or ".join(kinds) or "null", *_limits(inner)]
    text = ", ".join(words)
    return f"{text}, or null" if is_nullable and kinds else text


def _members_of(spec: Spec, schema: Schema) -> dict[str, tuple[Schema, bool]]:
    """The members by name, those of the schema's branches too, and whether each is required."""
    required = set(schema.get("required", ()))
    members = {
        name: (member, name in required)
        for name, member in schema.get("properties", {}).items()
        if member is not False
    }
    for keyword in ("allOf", "anyOf", "oneOf"):
        for branch in schema.get(keyword, ()):
            inherits = keyword == "allOf"
            for name, (member, needed) in _members_of(spec, follow(spec, branch)).items():
                members.setdefault(name, (member, needed and inherits))
    return members


def _without_null(spec: Spec, schema: Schema) -> Schema:
    """The one branch of an "X or null", with the description of the whole."""
    branches = [follow(spec, branch) for branch in schema.get("anyOf", ())]
    others = [branch for branch in branches if branch.get("type") != "null"]
    if len(others) == 1 and len(branches) == 2:
        return others[0] | {k: v for k, v in schema.items() if k == "description"}
    return schema


def _null_branch(spec: Spec, schema: Schema) -> bool:
    return any(follow(spec, choice).get("type") == "null" for choice in schema.get("anyOf", ()))


def _limits(schema: Schema) -> Iterator[str]:
    if "const" in schema:
        yield f"always {schema['const']}"
    if "enum" in schema:
        yield "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("format") in FORMATS:
        yield FORMATS[schema["format"]]
    for least, limit, unit in (
        ("minLength", "maxLength", "characters"),
        ("minItems", "maxItems", "items"),
        ("minimum", "maximum", ""),
    ):
        if text := _range(schema.get(least), schema.get(limit), unit):
            yield text
    if "default" in schema:
        yield f"default {schema['default']}"


def _range(least: int | None, limit: int | None, unit: str) -> str:
    if limit is None:
        return f"{least} or more {unit}".strip() if least else ""
    if least == limit:
        return f"exactly {limit} {unit}".strip()
    start = f"{least} to" if least else "up to"
    return f"{start} {limit} {unit}".strip()
