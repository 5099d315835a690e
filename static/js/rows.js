// Rows of tracks: one of them can have the focus, and the arrows lead from row to row. Enter or a double click plays.
// Without this script, each row still has its links and buttons.
//
// earmarkRow: what a row opens is on the page once, after the list, and about one row at a time.
globalThis.earmarkRow = (() => {
  const ROW = ".row-list .row-track";
  const NIL = "00000000-0000-0000-0000-000000000000"; // stands for the track in addresses of a panel
  const EDGE = 8; // pixels between a panel and the edge of the window
  const rows = () => [...document.querySelectorAll(ROW)];
  const of = (element) => element.closest(ROW);
  const isPressed = (element) => Boolean(element.closest("a, button, input, label, select, summary"));
  let last = null;
  let current = null; // the row that the open panel is about, or was
  let opener = null; // what has the focus when the panel is closed

  // ---- the focus

  // One row of a list is reached by Tab: the one that had the focus last, else the first.
  function rove() {
    const all = rows();
    const reached = all.find((row) => row.id === last) ?? all[0];
    for (const row of all) {
      const index = row === reached ? "0" : "-1";
      if (row.getAttribute("tabindex") !== index) row.setAttribute("tabindex", index);
    }
  }

  function play(row) {
    const button = row.querySelector("[data-play]");
    if (button && !button.classList.contains("is-playing")) button.click();
  }

  document.addEventListener("dblclick", ({ target }) => {
    if (of(target) && !isPressed(target)) play(of(target));
  });
  // A double click selects no words.
  document.addEventListener("mousedown", (event) => {
    if (event.detail > 1 && of(event.target) && !isPressed(event.target)) event.preventDefault();
  });
  document.addEventListener("focusin", ({ target }) => {
    if (!of(target)) return;
    last = of(target).id;
    rove();
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!event.target.matches(ROW)) return;
    const all = rows();
    const at = all.indexOf(event.target);
    const next = { ArrowDown: all[at + 1], ArrowUp: all[at - 1] }[event.key];
    if (event.key === "Enter") play(event.target);
    else if (next) next.focus();
    else return;
    event.preventDefault();
  });

  rove();
  document.addEventListener("htmx:after:swap", rove);

  // ---- panels

  const openPanel = () => document.querySelector("[data-row-panel]:popover-open");
  const titleOf = (row) => row.querySelector(".row-name > a").textContent;

  // `from` is what was pressed in the row; the panel comes to lie at this place in the window.
  function open(panel, from, x, y) {
    close({ focus: false });
    current = of(from);
    opener = from;
    const id = current.dataset.track;
    for (const link of panel.querySelectorAll("[data-href]")) link.href = link.dataset.href.replace(NIL, id);
    for (const form of panel.querySelectorAll("[data-action]")) {
      form.action = form.dataset.action.replace(NIL, id);
      // It is sent more than once, and each time for something new.
      form.elements.idempotency_key.value = earmarkAct.newKey();
    }
    panel.showPopover();
    const { width, height } = panel.getBoundingClientRect();
    const top = y + height > innerHeight - EDGE ? Math.min(y - height, innerHeight - height - EDGE) : y;
    panel.style.left = `${Math.max(EDGE, Math.min(x, innerWidth - width - EDGE))}px`;
    panel.style.top = `${Math.max(EDGE, top)}px`;
  }

  function close({ focus = true } = {}) {
    const panel = openPanel();
    if (!panel) return;
    const hadFocus = panel.contains(document.activeElement);
    panel.hidePopover();
    panel.removeAttribute("style");
    if (focus && hadFocus && opener?.isConnected) opener.focus({ preventScroll: true });
  }

  document.addEventListener("focusin", ({ target }) => {
    if (!openPanel()?.contains(target) && !target.closest("[data-row-opens]")) close({ focus: false });
  });
  const isOpenFrom = (button) => Boolean(openPanel()) && opener === button;

  document.addEventListener("pointerdown", ({ target }) => {
    if (!openPanel()?.contains(target) && !target.closest("[data-row-opens]")) close({ focus: false });
  });
  // Before all others: Escape closes the panel, and nothing else.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !openPanel()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    close();
  }, { capture: true });
  addEventListener("resize", () => close());
  document.addEventListener("earmark:leave", () => close({ focus: false }));
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-row-panel] form");
    if (!form) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, event.submitter));
    close();
    earmarkAct(form.action, fields, { row: current.id });
  });

  return { of, open, close, isOpenFrom, titleOf, get current() { return current; } };
})();
