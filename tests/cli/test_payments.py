"""`turnout payment …`."""

from pathlib import Path

from tests.cli.test_registration_changes import Desk


def test_payments_are_asked_for_settled_and_listed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    codes = []
    for name in ("ann", "bob", "cid"):
        said = desk.ok("add", desk.event, "--email", f"{name}@example.com")
        codes.append(said.strip().rstrip(".").rsplit(" ", 1)[1])
    ask = ("payment", "ask", "acme")
    for code in codes:
        said = desk.run.ok(*ask, code, "49.50", "eur", "--due", "2099-02-01")
        asked = f"49.50 EUR are to be paid with the reference T-{code}."
        assert said == f"{asked} The ticket is mailed again, with how to pay.\n"
    assert (
        "An amount is more than nothing."
        in desk.run(*ask, codes[0], "0", "EUR", "--due", "2099-02-01").error
    )
    assert (
        desk.run.ok("payment", "waive", "acme", codes[1]) == f"The ticket {codes[1]} is waived.\n"
    )
    said = desk.run.ok("payment", "extend", "acme", codes[2], "--due", "2099-03-01", "--quiet")
    assert said == f"The ticket {codes[2]} is to be paid until 2099-03-01. Nobody is told.\n"
    statement = tmp_path / "statement.csv"
    statement.write_text(
        f"Reference;Amount\nAnn T-{codes[0]};49,50\nT-{codes[2]};1,00\nRent;900,00\n"
    )
    result = desk.run("payment", "import", "acme", statement, "--currency", "EUR")
    assert result.code == 1
    assert f"The reference is that of {codes[2]}, but the amount is not" in result.error
    assert "No known reference is in this line." in result.error
    statement.write_text(f"Reference;Amount\nT-{codes[0]};49,50\n")
    again = desk.run("payment", "import", "acme", statement, "--currency", "EUR")
    assert again.output == "0 lines are settled. 1 was settled before.\n"
    statement.write_text(f"Reference;Amount\nT-{codes[2]};49,50\n")
    other = desk.run("payment", "import", "acme", statement, "--currency", "USD")
    assert f"that of {codes[2]}, which is to be paid in EUR" in other.error
    listed = desk.run.ok("payment", "list", "acme", desk.event).splitlines()[1:]
    assert [line.split()[1] for line in listed] == ["paid", "waived", "open"]
    assert "2099-03-01 23:59:59" in listed[-1]
    assert (
        len(desk.run.ok("payment", "list", "acme", desk.event, "--state", "open").splitlines()) == 2
    )
    assert len(desk.rows("--payment", "open")) == 1
    assert desk.rows("--payment", "refunded") == []
    assert desk.run.ok("payment", "refund", "acme", codes[0]) == (
        f"The ticket {codes[0]} is refunded.\n"
    )
    said = desk.run.ok("payment", "door", "acme", desk.event, "--refuse")
    assert said == f"The doors of event {desk.event} refuse tickets that are not paid.\n"


def test_how_to_pay_is_set_and_staff_say_whether_a_ticket_is_paid(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    event = ("acme", desk.event)
    desk.run.ok("org", "set", "acme", "--payment-text", "To DE02", "--payment-days", "30")
    assert "To DE02" in desk.run.ok("org", "show", "acme")
    named = ("--payment-text", "%%reference%%", "--payment-days", "7", "--payment-at", "form,Staff")
    desk.run.ok("event", "set", *event, *named)
    shown = desk.run.ok("event", "show", *event)
    assert all(said in shown for said in ("%%reference%%", "7", "form, staff"))
    wrong = desk.run("event", "set", *event, "--payment-at", "door")
    assert "is no door" in wrong.error
    assert (
        "%%iban%% is no field" in desk.run("org", "set", "acme", "--payment-text", "%%iban%%").error
    )
    price = ("--price", "20", "--currency", "EUR")
    default = desk.run.ok("ticket", "types", *event).splitlines()[1].split()[0]
    desk.run.ok("ticket", "set-type", *event, default, *price)
    for name, more in (("ann", ()), ("bob", ("none",)), ("cid", ("waived",))):
        how = ("--payment", *more) if more else ()
        desk.ok("add", desk.event, "--email", f"{name}@example.com", *how)
    listed = desk.run.ok("payment", "list", "acme", desk.event).splitlines()[1:]
    assert sorted((line.split()[1], line.split()[-1]) for line in listed) == [
        ("open", "ann@example.com"),
        ("waived", "cid@example.com"),
    ]
    desk.run.ok("event", "set", *event, "--payment-at", "none")
    guests = ("--guests-may", "cancel,Change", "--links", "confirm", "--ticket-at-once")
    desk.run.ok("event", "set", *event, *guests)
    shown = desk.run.ok("event", "show", *event)
    assert all(said in shown for said in ("change, cancel", "confirm", "Ticket at once"))
    assert "may do" in desk.run("event", "set", *event, "--guests-may", "fly").error
    assert "none" in desk.run.ok("event", "show", *event)


def test_a_restored_registration_says_its_tickets_and_what_is_lost(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    ann = desk.add("ann", "--session", desk.tour)
    desk.add("ann", "--ticket-type", desk.hall)
    codes = [
        row.split(":")[0].split()[1] for row in desk.show(ann).splitlines() if "Ticket " in row
    ]
    pay = ("--due", "2099-02-01", "--quiet")
    desk.run.ok("payment", "ask", "acme", codes[0], "20", "EUR", *pay)
    desk.ok("cancel", ann, "--quiet")
    listed = desk.run.ok("payment", "list", "acme", desk.event).splitlines()[1]
    assert listed.split()[:2] == [codes[0], "cancelled"]
    late = desk.run("payment", "paid", "acme", codes[0])
    assert late.error == f"error: The ticket {codes[0]} is cancelled: it cannot be paid.\n"
    desk.add("bob", "--session", desk.tour)
    said, lost = desk.ok("restore", ann).splitlines()
    assert said.startswith(f"Registration {ann} is confirmed; its tickets are ")
    assert lost == "No place was left of: Tour."
    [open_] = desk.run.ok("payment", "list", "acme", desk.event, "--state", "open").splitlines()[1:]
    assert open_.split()[0] in said
