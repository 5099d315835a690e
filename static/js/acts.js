// Selecting tracks: ranges by Shift, keys, and a count in the bar. Without script the checkboxes and the bar work as they are.
(() => {
  const boxes = () => [...document.querySelectorAll("[data-select]")];
  const all = () => document.querySelector("[data-select-all]");
  const isText = (element) => element.matches("input:not([type=checkbox]), textarea, select");
  let chosen = new Set(); // survives the list's being fetched anew
  let last = null;
  const search = () => {
    const query = document.querySelector("[name=query][form=act-form]");
    return query && `${query.dataset.page} ${query.value}`;
  };
  let searched = search();

  function show() {
    const checked = boxes().filter((box) => box.checked);
    chosen = new Set(checked.map((box) => box.value));
    const count = document.querySelector("[data-act-count]");
    if (!count) return;
    const number = all()?.checked ? Number(all().dataset.count) : checked.length;
    const text = `${number.toLocaleString("en-GB")} selected`;
    if (count.textContent !== text) count.textContent = text;
    if (!number) closeMenus();
  }

  function set(some, checked) {
    for (const box of some) box.checked = checked;
    if (!checked && all()) all().checked = false;
    show();
  }

  function closeMenus(but) {
    for (const menu of document.querySelectorAll(".act-menu[open]")) if (menu !== but) menu.open = false;
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest(".act-menu"));
    const box = event.target.closest("[data-select]");
    if (!box) return;
    const list = boxes();
    if (event.shiftKey && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      set(list.slice(from, to + 1), box.checked);
    }
    last = box;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) set(boxes(), event.target.checked);
    else if (event.target.matches("[data-select]")) set([event.target], event.target.checked);
  });
  document.addEventListener("reset", (event) => {
    // Checkboxes go back to how they came, which a browser may have remembered: clear them by name instead.
    if (!event.target.matches("[data-act-bar]")) return;
    event.preventDefault();
    set(boxes(), false);
    document.querySelector("[data-select]")?.focus();
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest(".act-menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "Enter" && event.target.matches("[data-act-bar] input")) {
      event.preventDefault();
      event.target.parentElement.querySelector("button[name=act]")?.click();
    } else if (event.defaultPrevented || isText(event.target)) {
      return;
    } else if (event.key === "Escape" && !event.target.closest(".dropdown-menu.show") && chosen.size) {
      set(boxes(), false);
    } else if (event.key === "x" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const box = event.target.closest(".row-track")?.querySelector("[data-select]");
      if (box) box.click();
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey) && event.target.closest("[data-tracks]")) {
      event.preventDefault();
      set(boxes(), true);
    }
  });

  document.addEventListener("htmx:after:swap", () => {
    if (search() !== searched) {
      // Another list: what was selected in the one before is not meant any more.
      searched = search();
      return set(boxes(), false);
    }
    for (const box of boxes()) box.checked = chosen.has(box.value);
    show();
  });
  // The next page is another list, also when it is the same one after an act.
  document.addEventListener("earmark:leave", () => {
    chosen.clear();
    last = null;
  });
  addEventListener("pageshow", show);
})();
