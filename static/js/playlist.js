// Reorders a playlist: by dragging, with the arrow buttons, or with Alt and an arrow key. Every move submits a form of the page.
// The list stays where it is, also when a track is taken out and when that is undone.
(() => {
  const EDGE = 96; // pixels from the window's top or bottom within which a dragged track scrolls the page
  const items = () => document.querySelector("[data-playlist-items]");
  // Silent when the page shows a message of its own, or when the list is gone.
  const announce = (text) => {
    const status = document.querySelector("[data-playlist-status]");
    if (status && !document.querySelector("#messages .notice")) status.textContent = text;
  };

  // Posts to `url` with the hidden fields of a form in `place`, and updates the list in place.
  async function post(place, url, values = {}) {
    const hidden = ["csrfmiddlewaretoken", "idempotency_key"];
    const hiddenFields = Object.fromEntries(hidden.map((name) => [name, place.querySelector(`[name=${name}]`).value]));
    await htmx.ajax("POST", url, {
      source: items(), target: "#content", select: "#content", swap: "outerMorph", values: { ...hiddenFields, ...values },
    });
  }

  // The same for a row; restores the focus. Returns the row's new element, if it is still there.
  async function postForm(row, url, values, focus) {
    const { id } = row;
    await post(row, url, values);
    const moved = document.getElementById(id);
    if (moved && focus) (moved.querySelector(`${focus}:not(:disabled)`) ?? moved.querySelector("[data-move]:not(:disabled)"))?.focus();
    return moved;
  }

  async function move(row, to, focus) {
    const moved = await postForm(row, row.dataset.item, { to }, focus);
    announce(`“${row.dataset.title}” is ${moved ? `number ${positionOf(moved) + 1}` : "on another page"} now.`);
  }

  // What they say is newer than a toast, in whose place they stand.
  function announceMessages() {
    document.dispatchEvent(new Event("earmark:message"));
    const texts = [...document.querySelectorAll("#messages .notice")].map((notice) => notice.innerText.replace(/\s+/g, " ").trim());
    earmarkAnnounce(texts.join(" "));
  }

  // Without the element, on the heading.
  function focusOn(element = document.querySelector("h1")) {
    if (element.tabIndex < 0) element.tabIndex = -1;
    element.focus();
  }

  const positionOf = (row) => Number(items().dataset.start) + [...items().children].indexOf(row);

  document.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-item]");
    const button = event.submitter;
    // The row's star has a form of its own.
    if (!row || !button || !event.target.matches(".playlist-order")) return;
    event.preventDefault();
    if (button.dataset.move) return move(row, button.value, `[data-move="${button.dataset.move}"]`);
    const next = (row.nextElementSibling ?? row.previousElementSibling)?.id;
    // Pressed in the row's menu, it leads to the next row, as there.
    const place = document.activeElement === button ? "[data-remove]" : ".row-track";
    post(row, button.formAction).then(() => {
      announceMessages();
      focusOn(document.getElementById(next)?.querySelector(place));
    });
  });

  // Undo puts the track back where it was: it gets the focus.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!items() || !form.matches("#messages form")) return;
    event.preventDefault();
    const before = new Set([...items().children].map((row) => row.id));
    form.setAttribute("aria-busy", "true");
    post(form, form.action).then(() => {
      announceMessages();
      const back = [...(items()?.children ?? [])].find((row) => !before.has(row.id));
      focusOn(back?.querySelector("[data-remove]"));
    }).finally(() => form.removeAttribute("aria-busy"));
  });

  // The second click of a double click, or a key held down, would take out the track that has taken the place of the first.
  document.addEventListener("click", (event) => {
    if (event.detail > 1 && event.target.closest("[data-remove]")) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat && event.target.closest?.("[data-remove]")) event.preventDefault();
  });

  addEventListener("keydown", (event) => {
    const row = event.target.closest?.("[data-item]");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !by || !event.altKey) return;
    event.preventDefault();
    const button = row.querySelector(`[data-move="${by}"]`);
    const place = event.target.matches(".row-track") ? ".row-track" : `[data-move="${by}"]`;
    if (!button.disabled) move(row, button.value, place);
  });

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("[data-item]");
    const list = items();
    const from = positionOf(row);
    const first = row.nextElementSibling;
    row.classList.add("is-dragged");
    // The list captures the pointer: a row loses its capture when it is moved in the document.
    list.setPointerCapture(event.pointerId);

    const follow = ({ clientY }) => {
      const below = [...list.children].find((other) => {
        const { top, height } = other.getBoundingClientRect();
        return other !== row && clientY < top + height / 2;
      });
      if (below !== row.nextElementSibling) list.insertBefore(row, below ?? null);
      if (clientY < EDGE) scrollBy({ top: -EDGE / 4, behavior: "instant" });
      else if (clientY > innerHeight - EDGE) scrollBy({ top: EDGE / 4, behavior: "instant" });
    };
    const end = ({ type }) => {
      list.removeEventListener("pointermove", follow);
      for (const name of ["pointerup", "pointercancel"]) list.removeEventListener(name, end);
      row.classList.remove("is-dragged");
      const to = positionOf(row);
      if (type === "pointerup" && to !== from) move(row, to);
      else list.insertBefore(row, first);
    };
    list.addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) list.addEventListener(name, end);
  });
})();
