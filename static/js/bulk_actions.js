// Selects tracks: ranges with Shift, keyboard shortcuts, and a count in the bar. What is selected stays so on the other
// pages of the list, until something is done to it; then the list stays where it is. Without this script the checkboxes
// and the bar still work, on one page.
(() => {
  const boxes = () => [...document.querySelectorAll("[data-select]")];
  const all = () => document.querySelector("[data-select-all]");
  const isText = (element) => element.matches("input:not([type=checkbox]), textarea, select");
  const selected = new Set(); // ids; kept when the list is fetched again
  let allSelected = false;
  let last = null;
  const query = () => document.querySelector("[name=query][form=bulk-action-form]");
  const shownList = () => ({ search: query()?.value, page: query()?.dataset.page, ids: boxes().map((box) => box.value) });
  let shown = shownList();

  function updateCount() {
    for (const box of boxes()) selected[box.checked ? "add" : "delete"](box.value);
    allSelected = Boolean(all()?.checked);
    const here = new Set(boxes().map((box) => box.value));
    const others = [...selected].filter((id) => !here.has(id));
    const field = document.querySelector("[data-others]");
    if (!field) return;
    field.value = others.join(" ");
    const count = document.querySelector("[data-bulk-count]");
    const number = allSelected ? Number(all().dataset.count) : selected.size;
    const elsewhere = allSelected || !others.length ? "" : `, ${others.length.toLocaleString("en-GB")} on other pages`;
    const text = `${number.toLocaleString("en-GB")} selected${elsewhere}`;
    if (count.textContent !== text) count.textContent = text;
    if (!number) closeMenus();
  }

  function setChecked(some, checked) {
    for (const box of some) box.checked = checked;
    if (!checked && all()) all().checked = false;
    updateCount();
  }

  function clear() {
    selected.clear();
    setChecked(boxes(), false);
  }

  function closeMenus(but) {
    for (const menu of document.querySelectorAll(".bulk-menu[open]")) if (menu !== but) menu.open = false;
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest(".bulk-menu"));
    const box = event.target.closest("[data-select]");
    if (!box) return;
    const list = boxes();
    if (event.shiftKey && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      setChecked(list.slice(from, to + 1), box.checked);
    }
    last = box;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) setChecked(boxes(), event.target.checked);
    else if (event.target.matches("[data-select]")) setChecked([event.target], event.target.checked);
  });
  document.addEventListener("reset", (event) => {
    // A reset restores the checkboxes' initial state, which the browser may have remembered as checked. Clear them instead.
    if (!event.target.matches("[data-bulk-bar]")) return;
    event.preventDefault();
    clear();
    document.querySelector("[data-select]")?.focus();
  });

  // Downloads, deletions and the page that edits many tracks lead away from the list, and so does a search that finds other
  // tracks by now: its page asks again.
  let leads = false;
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!form.matches("[data-bulk-bar]") || leads || submitter.matches("[formaction], [data-reload], [data-asks]")) return;
    event.preventDefault();
    earmarkAct(form.action, new URLSearchParams(new FormData(form, submitter)), {
      row: last?.closest(".row-track")?.id,
      again() {
        leads = true;
        form.requestSubmit(submitter);
        leads = false;
      },
      done(page) {
        if (page.querySelector("#messages .notice-error")) return;
        form.elements.idempotency_key.value = earmarkAct.newKey();
        for (const field of form.querySelectorAll("input:not([type=hidden])")) field.value = "";
        clear();
      },
    });
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest(".bulk-menu[open]");
    const key = earmarkKey(event);
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "Enter" && event.target.matches("[data-bulk-bar] input")) {
      event.preventDefault();
      event.target.parentElement.querySelector("button[name=act]")?.click();
    } else if (event.defaultPrevented || isText(event.target)) {
      return;
    } else if (event.key === "Escape" && !event.target.closest(".dropdown-menu.show") && selected.size) {
      const inBar = event.target.closest("[data-bulk-bar]");
      clear();
      if (inBar) (last?.isConnected ? last : boxes()[0])?.focus();
    } else if (key === "x" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) {
      const box = event.target.closest(".row-track")?.querySelector("[data-select]");
      if (box) box.click();
    } else if (key === "a" && (event.ctrlKey || event.metaKey) && event.target.closest("#tracks")) {
      event.preventDefault();
      setChecked(boxes(), true);
    }
  });

  document.addEventListener("htmx:after:swap", () => {
    const before = shown;
    shown = shownList();
    // Another list: the selection belonged to the one before.
    if (shown.search !== before.search) return clear();
    // What has left the page that is shown has left the list, or is gone.
    const hasLeft = (id) => shown.page === before.page && !shown.ids.includes(id);
    for (const id of before.ids.filter(hasLeft)) selected.delete(id);
    if (all()) all().checked = allSelected;
    for (const box of boxes()) box.checked = allSelected || selected.has(box.value);
    updateCount();
  });
  // The next page starts without a selection, even when a bulk action leads back to the same list.
  document.addEventListener("earmark:leave", () => {
    selected.clear();
    allSelected = false;
    last = null;
  });
  addEventListener("pageshow", updateCount);
})();
