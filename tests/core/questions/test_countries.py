"""Countries by their names and codes."""

from turnout.core.questions.countries import CODES, country_names, find_country


def test_every_country_is_found_by_its_code_and_its_name() -> None:
    names = country_names()
    assert set(names) == CODES
    assert len(CODES) == 249
    assert {code: find_country(code.lower()) for code in CODES} == {code: code for code in CODES}
    assert {code: find_country(f" {names[code].upper()} ") for code in CODES} == {
        code: code for code in CODES
    }


def test_names_are_in_the_order_in_which_people_look_for_them() -> None:
    names = list(country_names().values())
    assert names[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    assert names[-1] == "Zimbabwe"


def test_pages_have_the_names_of_their_language_in_its_order() -> None:
    german = list(country_names("de").values())
    assert german[:3] == ["Afghanistan", "Ägypten", "Ålandinseln"]
    assert german.index("Oman") + 1 == german.index("Österreich")
    spanish = country_names("es")
    assert spanish["DE"] == "Alemania"
    assert next(iter(spanish.values())) == "Afganistán"
    assert set(spanish) == CODES


def test_everyday_names_are_known() -> None:
    assert [find_country(name) for name in ("UK", "Turkey", "Holland", "usa", "Cote", "")] == [
        *("GB", "TR", "NL", "US"),
        None,
        None,
    ]
