// A playlist's order: by drag, by the arrow buttons, and by Alt with an arrow key. Every move is a form of the page.
(() => {
  const EDGE = 96; // so near to the window's top or bottom, a dragged track scrolls the page
  const items = () => document.querySelector("[data-playlist-items]");
  // Not when the page says why it was not done, nor when nothing is left to say it in.
  const say = (text) => {
    const said = document.querySelector("[data-playlist-said]");
    if (said && !document.querySelector("#messages .notice")) said.textContent = text;
  };

  // Sends a form's button, changes the list in place, and goes back to where one was.
  async function send(row, url, values, focus) {
    const { id } = row;
    const hidden = ["csrfmiddlewaretoken", "idempotency_key"];
    const carried = Object.fromEntries(hidden.map((name) => [name, row.querySelector(`[name=${name}]`).value]));
    await htmx.ajax("POST", url, {
      source: items(), target: "#content", select: "#content", swap: "outerMorph", values: { ...carried, ...values },
    });
    const now = document.getElementById(id);
    if (now && focus) (now.querySelector(`${focus}:not(:disabled)`) ?? now.querySelector("[data-move]:not(:disabled)"))?.focus();
    return now;
  }

  async function move(row, to, focus) {
    const now = await send(row, row.dataset.item, { to }, focus);
    say(`“${row.dataset.title}” is ${now ? `number ${placeOf(now) + 1}` : "on another page"} now.`);
  }

  const placeOf = (row) => Number(items().dataset.start) + [...items().children].indexOf(row);

  document.addEventListener("submit", (event) => {
    const row = event.target.closest("[data-item]");
    const button = event.submitter;
    if (!row || !button) return;
    event.preventDefault();
    if (button.dataset.move) return move(row, button.value, `[data-move="${button.dataset.move}"]`);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    send(row, button.formAction, {}).then(() => {
      say(`“${row.dataset.title}” is out of the playlist.`);
      (next?.isConnected ? next.querySelector("[data-remove]") : document.querySelector("h1"))?.focus();
    });
  });

  addEventListener("keydown", (event) => {
    const row = event.target.closest?.("[data-item]");
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !by || !event.altKey) return;
    event.preventDefault();
    const button = row.querySelector(`[data-move="${by}"]`);
    if (!button.disabled) move(row, button.value, `[data-move="${by}"]`);
  });

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.button) return;
    event.preventDefault();
    const row = handle.closest("[data-item]");
    const list = items();
    const from = placeOf(row);
    const first = row.nextElementSibling;
    row.classList.add("is-dragged");
    // The list gets what the pointer does: a row that changes its place would lose it.
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
      const to = placeOf(row);
      if (type === "pointerup" && to !== from) move(row, to);
      else list.insertBefore(row, first);
    };
    list.addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) list.addEventListener(name, end);
  });
})();
