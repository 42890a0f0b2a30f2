// What the editors of an event have beside their forms; every page works without it.

// A form with data-unsaved that was changed and not sent: the browser asks before it is left.
let changed = null;
addEventListener("input", (event) => { changed = event.target.closest("form[data-unsaved]") || changed; });
addEventListener("submit", () => { changed = null; });
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

// The cards of a list with data-arrange are dragged to another place by their grip: dropping one sends the
// form that its arrows have.
for (const list of document.querySelectorAll("[data-arrange]")) {
  let dragged = null;
  for (const card of list.children) {
    const form = [...card.querySelectorAll("form")].find((one) => one.querySelector("button[name=place]"));
    const grip = card.querySelector("[data-grip]");
    if (!grip || !form) continue;
    grip.firstElementChild.hidden = false;
    grip.draggable = true;
    grip.addEventListener("dragstart", (event) => {
      dragged = form;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(card, 0, 0);
    });
    card.addEventListener("dragover", (event) => { if (dragged) event.preventDefault(); });
    card.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!dragged || dragged === form) return;
      const place = Object.assign(document.createElement("input"), { type: "hidden", name: "place", value: card.dataset.place });
      dragged.append(place);
      dragged.submit();
    });
  }
}
// A merge field goes where the cursor is; without this its button puts it at the end.
addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]"), text = document.getElementById("f-text");
  if (!button || !text) return;
  event.preventDefault();
  text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
  button.closest(".menu").open = false;
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
});
// A candidate is dragged to a free seat: dropping them sends the form that the page has for it. A finger
// holds them for a moment first, so that the page scrolls under one that moves at once.
const seating = document.querySelector("form[data-seating]"), HOLD_MS = 300;
if (seating) {
  let candidate = "", held = 0, finger = null;
  const drop = (seat) => {
    if (!candidate || !seat) return;
    seating.elements.candidate.value = candidate;
    seating.elements.seat.value = seat.dataset.seat;
    seating.submit();
  };
  const lift = (one) => {
    candidate = one.dataset.candidate;
    one.style.opacity = ".5";
  };
  for (const one of document.querySelectorAll("[data-candidate]")) {
    const settle = () => {
      clearTimeout(held);
      candidate = "";
      one.style.opacity = "";
    };
    one.draggable = true;
    one.addEventListener("dragstart", (event) => {
      if (finger) return event.preventDefault();
      event.dataTransfer.effectAllowed = "move";
      lift(one);
    });
    one.addEventListener("dragend", settle);
    one.addEventListener("touchstart", (event) => {
      finger = event.touches[0];
      held = setTimeout(lift, HOLD_MS, one);
    }, { passive: true });
    one.addEventListener("touchmove", (event) => {
      finger = event.touches[0];
      if (candidate) event.preventDefault();
      else clearTimeout(held);
    }, { passive: false });
    one.addEventListener("touchend", (event) => {
      if (candidate) {
        event.preventDefault();
        drop(document.elementFromPoint(finger.clientX, finger.clientY)?.closest("[data-seat]"));
      }
      settle();
      finger = null;
    });
    one.addEventListener("touchcancel", () => { settle(); finger = null; });
    one.addEventListener("contextmenu", (event) => { if (finger) event.preventDefault(); });
  }
  for (const seat of document.querySelectorAll("[data-seat]")) {
    seat.addEventListener("dragover", (event) => { if (candidate) event.preventDefault(); });
    seat.addEventListener("drop", (event) => {
      event.preventDefault();
      drop(seat);
    });
  }
}
