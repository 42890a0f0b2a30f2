"""What happened, as people read it: the sentence of a change or of a moment, with its facts.

A phrase of a history has its label under `console.` and its code; kinds without a label, such as
those of a newer program, are told by their own words.
"""

from collections.abc import Mapping
from typing import Any

from turnout.catalogue import Phrase, facts_of, fill_label
from turnout.catalogue.labels import CONSOLE

BEGUN = ("console.did.", "console.timeline.", "console.exams.change.")
"""How the labels of histories begin."""
_BY_FACT = {"seated": "seat"}


def phrase_change(noun: str, action: str, facts: Mapping[str, Any]) -> Phrase:
    """An entry of the audit as a phrase; one that has no sentence says its own words."""
    code = f"did.{name_code(noun)}.{name_code(action)}"
    for variant in _variants(code, action, facts):
        sentence = CONSOLE.get(f"console.{variant}")
        if sentence is not None and facts_of(sentence) <= facts.keys():
            return Phrase(variant, facts)
    words = {"action": _words(action).capitalize(), "noun": _words(noun)}
    return Phrase("did.other", {**facts, **words})


def phrase_known(begin: str, kind: str, /, **facts: Any) -> Phrase:
    """The phrase `begin.kind` where it has a label; else the kind's own words."""
    code = f"{begin}.{name_code(kind)}"
    if f"console.{code}" in CONSOLE:
        return Phrase(code, facts)
    return Phrase("timeline.other", {"code": _words(kind).capitalize()})


def tell(phrase: Phrase) -> str:
    """The English sentence of a phrase, in plain text; phrases among its facts are told, too."""
    told = {
        name: tell(fact) if isinstance(fact, Phrase) else _plain(fact)
        for name, fact in phrase.facts.items()
    }
    return fill_label(CONSOLE[f"console.{phrase.code}"], told)


def rest_of(phrase: Phrase) -> dict[str, Any]:
    """The facts that the sentence of a phrase does not say."""
    said = facts_of(CONSOLE[f"console.{phrase.code}"])
    return {name: fact for name, fact in phrase.facts.items() if name not in said}


def name_code(text: str) -> str:
    """A noun or an action as a part of a code."""
    return text.replace(" ", "_")


def _variants(code: str, action: str, facts: Mapping[str, Any]) -> list[str]:
    """The codes of an entry, the one that says most first."""
    if (fact := _BY_FACT.get(action)) and facts.get(fact, "") is None:
        return [f"{code}.none"]
    return [f"{code}.named", code]


def _words(text: str) -> str:
    return text.replace("_", " ")


def _plain(fact: Any) -> Any:
    return ", ".join(map(str, fact)) if isinstance(fact, list | tuple) else fact
