"""People found by a part of what is known of them, before and after it is indexed."""

from importlib import import_module

import pytest

from turnout.core.erasure.erasing import erase_person, find_step, take_step
from turnout.core.erasure.uniting import unite_people
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.ids import OrgId, PersonId
from turnout.core.people import searching
from turnout.core.people.correcting import correct_person
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.people.searching import find_named, find_people, has_due, index_due
from turnout.store import Database, Tx, trigrams

ZELDA = Contact(
    email="zelda.quux@example.com",
    first_name="Zelda",
    last_name="Öhrström",
    company="Vortex Mills",
    phone="+46 70 123 45 67",
)


@pytest.fixture
def zelda(db: Database, org_id: OrgId) -> PersonId:
    return db.call(merge_person, org_id, ZELDA).id


def index(db: Database) -> None:
    while db.call(index_due):
        pass
    assert not db.look(has_due)


def find(db: Database, org_id: OrgId, text: str) -> list[PersonId] | None:
    found = db.look(find_people, org_id, text)
    return None if found is None else [person.id for person in found]


@pytest.mark.parametrize(
    "text",
    [
        *("zelda", "ELD", "öhrs", "OHRSTRÖM zelda".replace("O", "Ö"), "rtex", "quux@ex"),
        *("123 45 67", "ze", "öh", "zelda.qu", "Zelda Ö"),
        *("ohrstrom", "OHRSTRÖM zel", "oh", "ohrstrom zelda"),
    ],
)
def test_a_part_finds_somebody_at_once_and_later(
    db: Database, org_id: OrgId, zelda: PersonId, text: str
) -> None:
    db.call(merge_person, org_id, Contact(email="other@example.com", first_name="Other"))
    assert find(db, org_id, text) == [zelda]
    index(db)
    assert find(db, org_id, text) == [zelda]


def test_an_upgrade_notes_those_with_accents(db: Database, org_id: OrgId, zelda: PersonId) -> None:
    """Their texts were written with them, and are written again by the worker."""
    plain = db.call(merge_person, org_id, Contact(email="p@example.com", first_name="Plain")).id
    index(db)

    mine = f" WHERE person_id = {zelda}"

    def upgrade(tx: Tx) -> list[int]:
        # As the texts were written before.
        tx.connection.execute("UPDATE people_search_texts SET text = text || '\xe9'" + mine)
        upgrade_0067 = import_module("turnout.store.migrations.versions.0067_paying")
        is_sqlite = tx.backend == "sqlite"
        name = "NOTE_ON_SQLITE" if is_sqlite else "NOTE_ON_POSTGRESQL"
        tx.connection.execute(getattr(upgrade_0067, name))
        rows = tx.connection.execute("SELECT person_id FROM people_search_due").fetchall()
        return [row[0] for row in rows]

    noted = db.call(upgrade)
    assert zelda in noted
    assert plain not in noted


def test_those_who_are_called_just_that_are_named(db: Database, org_id: OrgId) -> None:
    made = {}
    for number, last in enumerate(("Peña-Ruiz", "Peña", "Pen")):
        known = Contact(email=f"p{number}@example.com", first_name="Ana", last_name=last)
        made[last] = db.call(merge_person, org_id, known).id
    index(db)
    for text in ("ana pena", "PEÑA  ana", "p1@example.com"):
        assert [one.id for one in db.look(find_named, org_id, text, 9)] == [made["Peña"]]


@pytest.mark.parametrize("name", ["O\u2019Brien", "O'Brien", "O\u02bcBrien"])
def test_an_apostrophe_is_found_however_it_is_typed(db: Database, org_id: OrgId, name: str) -> None:
    known = Contact(email="nuala@example.com", first_name="Nuala", last_name=name)
    nuala = db.call(merge_person, org_id, known).id
    for _ in range(2):
        assert find(db, org_id, "o'brien") == find(db, org_id, "O\u2019BRIEN") == [nuala]
        assert find(db, org_id, "o'") == find(db, org_id, "o\u2019b") == [nuala]
        index(db)


@pytest.mark.parametrize("text", ["eldaz", "öhrström 9z", "%", "", "  ", '"', "zelda OR other"])
def test_others_are_not_found(db: Database, org_id: OrgId, zelda: PersonId, text: str) -> None:
    index(db)
    assert find(db, org_id, text) == []


def test_a_change_is_followed(db: Database, org_id: OrgId, zelda: PersonId) -> None:
    index(db)
    db.call(correct_person, org_id, zelda, {"last_name": "Ytterberg"}, actor="test")
    for _ in range(2):
        assert find(db, org_id, "öhrström") == []
        assert find(db, org_id, "tterb") == [zelda]
        index(db)


def test_one_of_two_is_left(db: Database, org_id: OrgId, zelda: PersonId) -> None:
    twin = db.call(merge_person, org_id, Contact(email="twin@example.com", first_name="Zelda")).id
    index(db)
    db.call(unite_people, org_id, zelda, twin, actor="test")
    index(db)
    assert find(db, org_id, "zelda") == [zelda]


def test_nothing_is_searched_of_somebody_who_was_erased(
    db: Database, org_id: OrgId, zelda: PersonId
) -> None:
    index(db)
    assert list_texts(db, org_id, zelda) != []
    db.call(erase_person, org_id, zelda, actor="test")
    assert list_texts(db, org_id, zelda) == []
    assert db.look(trigrams.find, org_id, ["zelda"], 10) == []
    index(db)
    assert list_texts(db, org_id, zelda) == []


def test_a_candidate_is_found_by_the_name_whoever_comes_first(db: Database, org_id: OrgId) -> None:
    """The worker of erasures comes by the person again, after or before that of searches."""
    new = NewLearner("L-1", ZELDA.first_name, ZELDA.last_name, ZELDA.email)
    zelda = db.call(add_learner, org_id, new, actor="test").person_id
    db.call(erase_person, org_id, zelda, actor="test")
    index(db)
    while step := db.look(find_step):
        db.call(take_step, step)
    for _ in range(2):
        assert find(db, org_id, "zelda öhr") == [zelda]
        assert find(db, org_id, "quux") == []
        index(db)


def test_very_many_are_no_list(
    db: Database, org_id: OrgId, zelda: PersonId, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.call(merge_person, org_id, Contact(email="zelda2@example.com"))
    monkeypatch.setattr(searching, "NOTED", 1)
    assert find(db, org_id, "zelda") is None
    index(db)
    monkeypatch.setattr(searching, "FOUND", 1)
    assert find(db, org_id, "zelda") is None
    assert find(db, org_id, "vortex") == [zelda]


def test_without_trigrams_a_beginning_is_found(
    db: Database, org_id: OrgId, zelda: PersonId
) -> None:
    if db.backend == "sqlite":
        return

    def look(tx: Tx) -> list[list[PersonId]]:
        with tx.savepoint():
            tx.connection.execute("DROP INDEX people_search_trigrams")
            texts = ("zelda", "öhrström", "zelda.quux", "rtex")
            return [[one.id for one in find_people(tx, org_id, text) or ()] for text in texts]

    index(db)
    assert db.call(look) == [[zelda], [zelda], [zelda], []]
    db.call(
        lambda tx: tx.connection.execute(trigrams.MAKE_INDEX.replace("CONCURRENTLY ", "")) and None
    )


def list_texts(db: Database, org_id: OrgId, person_id: PersonId) -> list[str]:
    def read(tx: Tx) -> list[str]:
        query = "SELECT text FROM people_search_texts WHERE org_id = %s AND person_id = %s"
        query = query.replace("%s", "?") if tx.backend == "sqlite" else query
        return [row[0] for row in tx.connection.execute(query, (org_id, person_id)).fetchall()]

    return db.look(read)
