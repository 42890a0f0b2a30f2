"""Message templates: kept by name for a channel, copied, changed and deleted."""

import pytest

from tests.support.failures import refuses
from tests.support.node import Account
from turnout.core.audit.recording import LogFilter, list_log
from turnout.core.ids import OrgId, TemplateId
from turnout.core.messaging import templates
from turnout.core.messaging.model import Channel, Purpose
from turnout.core.messaging.templates import (
    NewTemplate,
    change_template,
    copy_template,
    create_template,
    delete_template,
    get_template,
    list_templates,
)
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.store import Database

MAIL = NewTemplate(
    "Welcome", Channel.EMAIL, Purpose.SERVICE, "Hello %%firstname%%", "See you", "<p>See you</p>"
)
TEXT = NewTemplate("Welcome", Channel.SMS, Purpose.MARKETING, text="Come again")


def make(db: Database, org_id: OrgId, new: NewTemplate = MAIL) -> TemplateId:
    return db.call(create_template, org_id, new, actor="test")


def test_templates_are_listed_by_name_and_channel(db: Database, org_id: OrgId) -> None:
    mail, text = make(db, org_id), make(db, org_id, TEXT)
    first = make(db, org_id, MAIL._replace(name="  arrival "))
    assert [one.id for one in db.call(list_templates, org_id)] == [first, mail, text]
    (found,) = db.call(list_templates, org_id, Channel.SMS)
    assert (found.id, found.said) == (text, TEXT)
    assert db.call(get_template, org_id, first).name == "arrival"


def test_a_template_is_changed_copied_and_deleted_and_that_is_logged(
    db: Database, org_id: OrgId
) -> None:
    made = make(db, org_id)
    # The channel stays.
    said = MAIL._replace(name="Hello", channel=Channel.SMS, text="Come")
    changed = db.call(change_template, org_id, made, said, actor="test")
    assert changed.said == said._replace(channel=Channel.EMAIL)
    copied = db.call(copy_template, org_id, made, "Hello again", actor="test")
    assert db.call(get_template, org_id, copied).said == changed.said._replace(name="Hello again")
    db.call(delete_template, org_id, made, actor="test")
    with pytest.raises(Missing):
        db.call(get_template, org_id, made)
    wanted = LogFilter(noun="template")
    lines = db.call(list_log, org_id, wanted, 10)
    assert [(line.action, line.noun_id) for line in lines] == [
        ("deleted", made),
        ("created", copied),
        ("changed", made),
        ("created", made),
    ]


def test_a_name_is_given_once_for_each_channel(
    db: Database, org_id: OrgId, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(db, org_id)
    other = make(db, org_id, MAIL._replace(name="Other"))
    with refuses(Conflict, "template.same_name", name="WELCOME"):
        make(db, org_id, MAIL._replace(name="WELCOME"))
    with refuses(Conflict, "template.same_name", name="Welcome"):
        db.call(change_template, org_id, other, MAIL, actor="test")
    with refuses(Conflict, "template.same_name", name="welcome"):
        db.call(copy_template, org_id, other, "welcome", actor="test")
    monkeypatch.setattr(templates, "MOST", 2)
    with refuses(Conflict, "template.many", limit=2):
        make(db, org_id, TEXT)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (MAIL._replace(name=" "), "template.name"),
        (MAIL._replace(name="two\nlines"), "template.name"),
        (MAIL._replace(text="", html=" "), "template.empty"),
        (TEXT._replace(text="x" * 10_001), "template.long"),
        (TEXT._replace(html="<p>no</p>"), "template.html"),
        (TEXT._replace(subject="no"), "template.subject"),
        (TEXT._replace(channel=Channel.FAX), "template.channel"),
    ],
)
def test_what_no_template_says_is_refused(
    db: Database, org_id: OrgId, new: NewTemplate, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make(db, org_id, new)
    assert refused.value.code == code


def test_another_organizations_template_is_missing(
    db: Database, org_id: OrgId, account: Account
) -> None:
    made = make(db, account.org_id)
    for verb, *more in ((get_template,), (delete_template,), (copy_template, "Mine")):
        named = {} if verb is get_template else {"actor": "test"}
        with pytest.raises(Failure) as refused:
            db.call(verb, org_id, made, *more, **named)  # type: ignore[arg-type]
        assert refused.value.code == "template.missing"
