"""The languages that come with Turnout have every word that visitors and registrants see."""

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from turnout.catalogue import SENTENCES, facts_of, pages
from turnout.catalogue.labels import CONSOLE, LABELS, SHOWN
from turnout.catalogue.translations import FOLDER, TEXTS, label, list_locales

LOCALES = ("de", "es")
SOURCE = Path(__file__).parents[2] / "src/turnout"
NEEDED = {*LABELS, *pages.SENTENCES, *SHOWN}
MERGED = re.compile(r"%%(\w+)%%")
# Labels whose code is made of a kind: mail.KIND.subject.
MADE = re.compile(
    r"(?:account_)?mail\.\w+\.(?:subject|text)|mail\.button\.\w+_(?:link|online)"
    r"|account_mail\.\w+\.button"
)
CONSOLE_CODE = re.compile(r"""["'](console\.[a-z_.]+)["']""")


def translated(locale: str) -> dict[str, str]:
    with (FOLDER / f"{locale}.po").open("rb") as file:
        return {str(m.context): str(m.string) for m in read_po(file) if m.id}


def test_the_languages_are_these() -> None:
    assert list_locales() == ["de", "en", "es"]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_language_is_complete(locale: str) -> None:
    """Where this fails, somebody added or reworded a text that visitors see: give it in the file
    `src/turnout/catalogue/locales/LOCALE.po`, with the code as context."""
    known = translated(locale)
    assert sorted(NEEDED - {code for code, text in known.items() if text}) == []
    assert [code for code in known if code not in TEXTS] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_is_of_the_text_as_it_is_now(locale: str) -> None:
    with (FOLDER / f"{locale}.po").open("rb") as file:
        stale = [str(m.context) for m in read_po(file) if m.id and m.id != TEXTS[str(m.context)]]
    assert stale == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_has_the_facts_and_merge_fields_of_the_text(locale: str) -> None:
    faults = [
        code
        for code, text in translated(locale).items()
        if facts_of(text) != facts_of(TEXTS[code])
        or sorted(MERGED.findall(text)) != sorted(MERGED.findall(TEXTS[code]))
        or text != text.strip()
    ]
    assert faults == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_translation_ends_as_the_text_does(locale: str) -> None:
    """A button stays a button and a sentence a sentence."""
    ends = re.compile(r"[.:?]?$")
    found = translated(locale).items()
    faults = [code for code, text in found if ends.findall(text)[0] != ends.findall(TEXTS[code])[0]]
    # Greetings end as they do in each language.
    assert [code for code in faults if not code.startswith("mail.greeting")] == []


def test_every_label_is_used_and_every_used_one_is_there() -> None:
    used = set()
    templates = SOURCE / "web/templates"
    for path in (path for part in ("", "door/", "my/") for path in templates.glob(f"{part}*.html")):
        used |= set(re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z_.]+)["']""", path.read_text()))
        used |= set(re.findall(r"""["'](my\.[a-z_]+)["']""", path.read_text())) - {"my.js"}
    for path in SOURCE.rglob("*.py"):
        if path.parent.name != "catalogue":
            used |= {
                node.value
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            } & LABELS.keys()
    assert [code for code in sorted(used) if code not in LABELS] == []
    assert [code for code in LABELS if code not in used and not MADE.fullmatch(code)] == []


def test_every_label_of_the_console_is_used_and_every_used_one_is_there() -> None:
    """A code that is made, `"console.nav." ~ name`, uses all that begin so; a count has two."""
    texts = [path.read_text() for path in (SOURCE / "web").rglob("*.html")]
    texts += [path.read_text() for path in (SOURCE / "web").rglob("*.py")]
    texts.append((SOURCE / "catalogue/histories.py").read_text())
    used = {code for text in texts for code in CONSOLE_CODE.findall(text)}
    begun = tuple(code for code in used if code.endswith("."))
    whole = used - {*begun} - {code for code in used if code in SENTENCES}
    counted = {code for code in whole if f"{code}.one" in CONSOLE}
    known = whole - counted | {f"{code}.{form}" for code in counted for form in ("one", "many")}
    assert sorted(known - CONSOLE.keys()) == []
    assert [code for code in CONSOLE if code not in known and not code.startswith(begun)] == []


def test_labels_have_facts_by_name_alone() -> None:
    for code, text in {**LABELS, **CONSOLE}.items():
        for _, name, spec, conversion in string.Formatter().parse(text):
            assert name is None or name.isidentifier(), code
            assert not spec or "|" in spec, code
            assert not conversion, code


def test_a_label_says_what_it_is_given_as_it_is() -> None:
    said = label("de", "public.watch", title="שלום {x} \u200f")
    assert said == "Ansehen: שלום {x} \u200f"
    assert label("en", "public.watch", title="A") == label("fr", "public.watch", title="A")
    with pytest.raises(KeyError):
        label("en", "public.watch")
    with pytest.raises(KeyError):
        label("en", "nobody.knows")
