// Selects tracks: ranges with Shift, keyboard shortcuts, and a count in the bar. Without this script the checkboxes and
// the bar still work.
(() => {
  const boxes = () => [...document.querySelectorAll("[data-select]")];
  const all = () => document.querySelector("[data-select-all]");
  const isText = (element) => element.matches("input:not([type=checkbox]), textarea, select");
  let selected = new Set(); // ids; kept when the list is fetched again
  let last = null;
  const listKey = () => {
    const query = document.querySelector("[name=query][form=bulk-action-form]");
    return query && `${query.dataset.page} ${query.value}`;
  };
  let shownListKey = listKey();

  function updateCount() {
    const checked = boxes().filter((box) => box.checked);
    selected = new Set(checked.map((box) => box.value));
    const count = document.querySelector("[data-bulk-count]");
    if (!count) return;
    const number = all()?.checked ? Number(all().dataset.count) : checked.length;
    const text = `${number.toLocaleString("en-GB")} selected`;
    if (count.textContent !== text) count.textContent = text;
    if (!number) closeMenus();
  }

  function setChecked(some, checked) {
    for (const box of some) box.checked = checked;
    if (!checked && all()) all().checked = false;
    updateCount();
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
    setChecked(boxes(), false);
    document.querySelector("[data-select]")?.focus();
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
      setChecked(boxes(), false);
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
    if (listKey() !== shownListKey) {
      // Another list: the selection belonged to the one before.
      shownListKey = listKey();
      return setChecked(boxes(), false);
    }
    for (const box of boxes()) box.checked = selected.has(box.value);
    updateCount();
  });
  // The next page starts without a selection, even when a bulk action leads back to the same list.
  document.addEventListener("earmark:leave", () => {
    selected.clear();
    last = null;
  });
  addEventListener("pageshow", updateCount);
})();
