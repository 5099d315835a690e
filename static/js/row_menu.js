// The menu of a row: by a right click, by its "…" button, or by Shift and F10 or the menu key.
(() => {
  const menu = () => document.querySelector("[data-row-menu]");
  const items = () => [...menu().querySelectorAll("[role=menuitem]")].filter((item) => !item.hidden);
  const rowOf = (element) => (menu() ? earmarkRow.of(element) : null);

  function open(from, x, y) {
    const row = rowOf(from);
    const goto = { album: row.querySelector(".row-album a")?.href, artist: row.querySelector(".row-artist a")?.href };
    for (const item of menu().querySelectorAll("[data-queue]")) item.hidden = !row.querySelector("[data-play]");
    for (const item of menu().querySelectorAll("[data-goto]")) {
      item.hidden = !goto[item.dataset.goto];
      if (!item.hidden) item.href = goto[item.dataset.goto];
    }
    menu().setAttribute("aria-label", earmarkRow.titleOf(row));
    earmarkRow.open(menu(), from, x, y);
    items()[0].focus();
  }

  function openBelow(from) {
    const { left, bottom } = rowOf(from).querySelector("[data-row-menu-open]").getBoundingClientRect();
    open(from, left, bottom + 4);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-row-menu-open]");
    if (button && rowOf(button)) {
      if (earmarkRow.isOpenFrom(button)) earmarkRow.close();
      else openBelow(button);
    }
    const item = event.target.closest("[data-row-menu] [role=menuitem]");
    if (item) choose(item);
  });

  document.addEventListener("contextmenu", (event) => {
    if (event.target.closest("[data-row-panel]")) return event.preventDefault();
    // With Shift held, or in a field, it is the browser's own menu.
    if (!rowOf(event.target) || event.shiftKey || event.target.closest("input")) return;
    event.preventDefault();
    open(event.target.closest("a, button") ?? rowOf(event.target), event.clientX, event.clientY);
  });

  document.addEventListener("keydown", (event) => {
    if (menu()?.contains(event.target)) return move(event);
    if (event.defaultPrevented || !rowOf(event.target)) return;
    if (event.key !== "ContextMenu" && !(event.key === "F10" && event.shiftKey)) return;
    event.preventDefault();
    openBelow(event.target);
  });

  function move(event) {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) all.at(to % all.length).focus();
    else if (event.key === "Tab") earmarkRow.close();
    else if (event.key === " ") all[at]?.click();
    else return;
    event.preventDefault();
  }

  function choose({ dataset: { queue, takeOut } }) {
    const row = earmarkRow.current;
    if (queue) {
      const button = row.querySelector("[data-play]");
      document.dispatchEvent(new CustomEvent("earmark:queue-add", { detail: { button, next: queue === "next" } }));
      earmarkAnnounce(queue === "next" ? `${earmarkRow.titleOf(row)} plays next.` : `${earmarkRow.titleOf(row)} is in the queue.`);
    }
    earmarkRow.close();
    if (takeOut !== undefined) row.closest("[data-item]").querySelector("[data-remove]").click();
  }
})();
