// What lists look like, as it was chosen in this browser: which columns are shown, all as far as there is room but those
// that were hidden, and whether the filters are docked beside them (earmarkDock). Runs before the first paint, so that
// nothing moves.
(() => {
  const KEY = "earmark.hidden-columns";
  const root = document.documentElement;
  const boxes = () => document.querySelectorAll("[data-column]");

  function apply() {
    const hidden = localStorage.getItem(KEY) ?? "";
    root.dataset.hiddenColumns = hidden;
    for (const box of boxes()) box.checked = !hidden.split(" ").includes(box.dataset.column);
  }

  apply();
  document.addEventListener("change", ({ target }) => {
    if (!target.matches("[data-column]")) return;
    localStorage.setItem(KEY, [...boxes()].filter((box) => !box.checked).map((box) => box.dataset.column).join(" "));
    apply();
  });
  for (const name of ["DOMContentLoaded", "htmx:after:swap"]) document.addEventListener(name, apply);
  addEventListener("storage", ({ key }) => key === KEY && apply()); // chosen in another tab
})();

globalThis.earmarkDock = (() => {
  const KEY = "earmark.filters";
  const root = document.documentElement;
  const isKept = () => localStorage.getItem(KEY) !== "closed";
  const apply = () => (root.dataset.filters = isKept() ? "docked" : "closed");

  function keep(on) {
    if (on) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, "closed");
    apply();
  }

  apply();
  return { isKept, keep };
})();
