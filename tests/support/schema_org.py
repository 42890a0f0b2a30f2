"""Writes schema_org.toml: what schema.org's vocabulary says of the types that our pages describe.

    python -m tests.support.schema_org PYTHON

PYTHON is an interpreter that has the package `msgspec-schemaorg`, whose classes are made of the
vocabulary whole: each type with all its properties, those of its parents included, what types a
value may be of, and every member of the enumerations.
"""

import json
import subprocess
import sys
from pathlib import Path

OUT = Path(__file__).with_name("schema_org.toml")
# All that an event's page may speak of, not only what it does.
TYPES = ("Event", "Place", "VirtualLocation", "PostalAddress", "Organization", "Person", "Offer",
         "GeoCoordinates", "ImageObject")  # fmt: skip
ENUMERATIONS = ("EventStatusType", "EventAttendanceModeEnumeration", "ItemAvailability")

READ = """
import importlib.metadata, json, pkgutil, re, sys
import msgspec_schemaorg.enums as enums, msgspec_schemaorg.models as models
from importlib import import_module

wanted, enumerations = json.loads(sys.argv[1])
def find(package, name):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name.rpartition(".")[2] == name:
            return getattr(import_module(module.name), name)
    raise SystemExit(f"no {name}")
def properties(kind):
    found = {}
    for one in reversed(kind.__mro__):
        for name, hint in vars(one).get("__annotations__", {}).items():
            if not name.startswith("_") and name not in ("id", "type", "context", "graph"):
                words = set(re.findall(r"[A-Za-z]+", str(hint)))
                found[name] = sorted(words - {"Union", "List", "None", "Optional", "typing"})
    return dict(sorted(found.items()))
print(json.dumps({
    "version": importlib.metadata.version("msgspec-schemaorg"),
    "types": {name: properties(find(models, name)) for name in wanted},
    "parents": {name: [k.__name__ for k in find(models, name).__mro__
                       if k.__module__.startswith("msgspec_schemaorg.models")] for name in wanted},
    "members": {name: [k for k in find(enums, name).__members__ if k != "metadata"]
                for name in enumerations},
}))
"""


def main(python: str) -> None:
    """Write the file."""
    asked = json.dumps([TYPES, ENUMERATIONS])
    read = json.loads(subprocess.check_output([python, "-c", READ, asked], text=True))
    lines = [
        "# Made by tests/support/schema_org.py of schema.org's vocabulary, as the package",
        f"# msgspec-schemaorg {read['version']} has it. A property has the types of its values.",
    ]
    for name, properties in read["types"].items():
        lines += ["", f"[types.{name}]"]
        lines += [f"{one} = {json.dumps(kinds)}" for one, kinds in properties.items()]
    lines += ["", "[parents]", *(f"{a} = {json.dumps(b)}" for a, b in read["parents"].items())]
    lines += ["", "[members]", *(f"{a} = {json.dumps(b)}" for a, b in read["members"].items())]
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
