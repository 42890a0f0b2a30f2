"""The console: where a team runs its events in the browser. Every page works without JavaScript.

How a page is made. A page is a class with one responder a method, and a responder is four lines:
who and what for, parse, one verb, render. `home.py` is the worked example; copy it.

    class HomePage(ConsolePage):  # page.py
        async def on_get(self, req, resp):
            when = parse_when(req)  # parse: from the address
            events = await self.console.read(req, "events.see", list_home, when)
            self.console.show(req, resp, "console/home.html", events=events)

        async def on_post(self, req, resp):
            form = await self.console.take(req)   # forms.py: values and faults
            title = form.text("title", limit=200)
            if form.is_right:
                await self.console.write(req, form, "event.change", rename, title)
            …  # 303 when done, 422 with faults

Who asks. `Console.read` and `Console.write` (page.py) are `db.read` and `db.write` for somebody who
is signed in: in the one transaction they look the session up, work out the `ConsoleUser`
(access.py), refuse what the role or the event's own list of people does not permit, and run
`verb(visit, …)`. A `Visit` has `tx`, `user`, `organization` and, on a page of an event, `event`; so
a verb of the core is called as `core_verb(visit.tx, visit.org_id, …, actor=visit.user.actor)`.
`write` first holds the form's token against the session. The visit stays at the request, and `show`
makes bar, navigation and breadcrumb of it: a page names only its own content.

What somebody may do is one table, `PERMISSIONS` in core/identity/roles.py: a permission's name
(`people.export`) and the roles that have it. A page names the permission; nothing else decides.
Templates ask `may("people.export")` before they show a button.

Addresses. `/console` and `/console/search` belong to the signed-in organization;
`/console/{scope}/…` to an event where `scope` is its number, else to the organization of that short
name. All are in routes.py. A page of an event that stands in the navigation has its line in
navigation.py; it is shown once its route exists, so that no link is dead.

Words. Every string is a label in `turnout/catalogue/console/`, one module an area, said in
templates by `t("console.AREA.WHAT", fact=…)` and in handlers by `say` of words.py. English for now;
numbers, dates and amounts go through the filters of templates.py.

Forms. `Form` keeps what was typed; `form.fault(field, code, …)` and `form.refuse(failure, field)`
put a sentence beside a field. `components/form.html` draws fields, and the summary of faults with
links that takes the focus. A refused form is the page again, 422, with everything that was typed. A
form that was done is 303 to a page that says so (`go_on` of ../forms.py); `?done=` is signed on its
way out and checked on its way in (`SaidToStaff` of ../said.py).

Parts. `templates/components/*.html` are macros, `static/turnout.css` their look; the gallery
(`/console/_gallery`, in a demo) has every part in every state, and is what the tests look at. If
you add a part, add it there. No inline style, no inline script, no class without a rule.
"""
