// Small behaviours; every page works without them.
// data-copy="text" copies; data-open="id" opens a dialog; data-share shares, or copies the address.
addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-open], [data-close], [data-share]");
  if (!button) return;
  const { copy, open, share } = button.dataset;
  if (open) {
    const dialog = document.getElementById(open);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
  } else if ("close" in button.dataset) {
    event.preventDefault();
    button.closest("dialog").close();
  } else if (share !== undefined && navigator.share) await navigator.share({ title: document.title, url: location.href });
  else {
    const isDone = await copyText(copy || location.href);
    const said = isDone && document.querySelector("[data-status]")?.dataset.copied;
    if (said) { say(said); button.lastChild.textContent = ` ${said}`; }
  }
});

// Browsers have a clipboard for pages with TLS; elsewhere the old way does.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }
}

// What was done is said to those who listen, in the page's own status line.
function say(text) {
  const line = document.querySelector("[data-status]");
  if (line) line.textContent = text;
}

// "/" goes to the search, as everywhere else.
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("[data-find]");
  if (search) { event.preventDefault(); search.focus(); }
});

// A menu closes when somebody looks elsewhere, or presses Escape.
addEventListener("focusin", (event) => closeMenus((menu) => !menu.contains(event.target)));
addEventListener("click", (event) => closeMenus((menu) => !menu.contains(event.target)));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest(".menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
});
function closeMenus(isOther) {
  for (const menu of document.querySelectorAll(".menu[open]")) if (isOther(menu)) menu.open = false;
}

// A second click does not send a form again that is on its way.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => { delete form.dataset.sent; }, 3000);
});

// What is new takes the focus: faults after a form was refused, a toast after something was done.
function focusNews(root) {
  const news = root.querySelector?.("[data-focus]");
  if (news) news.focus();
}
focusNews(document);
addEventListener("htmx:after:swap", (event) => focusNews(event.target));

// Rows of a list are chosen: how many is said over them, and one box ticks all of the page.
function countChosen(form) {
  const boxes = [...form.querySelectorAll("td input[type=checkbox]")], all = form.querySelector("[data-all]");
  const chosen = boxes.filter((box) => box.checked).length, said = form.querySelector("[data-chosen]");
  if (all) { all.checked = chosen > 0 && chosen === boxes.length; all.indeterminate = chosen > 0 && !all.checked; }
  if (said && !form.classList.contains("all")) said.textContent = said.dataset.chosen.replace("#", chosen);
}
addEventListener("change", (event) => {
  const form = event.target.closest(".chooser");
  if (!form) return;
  if ("all" in event.target.dataset) {
    for (const box of form.querySelectorAll("td input[type=checkbox]")) box.checked = event.target.checked;
  }
  countChosen(form);
});
function showChoosers(root) {
  for (const all of root.querySelectorAll?.("[data-all]") ?? []) all.hidden = false;
}
showChoosers(document);
addEventListener("htmx:after:swap", () => showChoosers(document));
