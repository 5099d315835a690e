// Search without reloads: links and forms that change what is listed swap the list and the address. The list, of tracks
// or of albums, has its own address in `data-list`.
// Without this script they are plain links and forms.
(() => {
  const WAIT = 250; // milliseconds after the last key before a search is sent
  const wide = matchMedia("(min-width: 992px)");
  const docks = matchMedia("(min-width: 1440px)");
  const list = () => document.querySelector("[data-list]");
  const panel = () => document.querySelector("[data-facets]");
  const field = () => document.querySelector("[data-search] [name=search]");
  // A link or bookmark may have plain words, as programs send them.
  const wordsOf = (parameters) => parameters.get("search") ?? parameters.get("q") ?? "";
  let latest = 0;
  let searching = Promise.resolve();

  let isTyping = false;

  // `typed`: by typing, which is one entry in the history until something else is done. `entry` is whether the address is a
  // new one there ("push"), takes the place of the last one ("replace"), or is there already ("").
  function search(url, { typed = false, entry = typed && isTyping ? "replace" : "push" } = {}) {
    isTyping = typed;
    const { href } = new URL(url, location.href);
    return (searching = swap(url, entry === "push" && href === location.href ? "replace" : entry));
  }

  async function swap(url, entry) {
    const mine = ++latest;
    const { activeElement } = document;
    const focused = activeElement?.dataset.facet;
    const hadFocus = list().contains(activeElement) || panel()?.contains(activeElement);
    const place = [...document.querySelectorAll(".filter-chips > li")].indexOf(activeElement?.closest(".filter-chips > li"));
    const count = countText();
    if (entry) history[`${entry}State`]({ search: true }, "", url);
    list().setAttribute("aria-busy", "true");
    await htmx.ajax("GET", url, { target: `#${list().id}`, select: `#${list().id}`, swap: "outerMorph" });
    if (mine !== latest) return;
    list().removeAttribute("aria-busy");
    const next = document.querySelector("[data-bulk-bar] [name=next]");
    if (next) next.value = location.pathname + location.search;
    if (document.activeElement !== field()) field().value = wordsOf(new URL(url, location.href).searchParams);
    showExpanded();
    if (isOpen()) await loadFacets();
    if (focused) panel().querySelector(`[data-facet="${CSS.escape(focused)}"]`)?.focus();
    if (hadFocus && document.activeElement === document.body) placeFocus(place);
    // The number of tracks is announced when it changes.
    earmarkAnnounce(countText() === count ? count : "");
  }

  const countText = () => document.getElementById("track-count")?.textContent.replace(/\s+/g, " ").trim() ?? "";

  // What had the focus is gone: it goes to the chip that took its place, else to the panel or to its button.
  function placeFocus(place) {
    const chips = document.querySelectorAll(".filter-chips .chip");
    const next = place >= 0 ? chips[Math.min(place, chips.length - 1)] : isOpen() && panel();
    (next || opener() || document.querySelector("h1")).focus({ preventScroll: true });
  }

  function searchUrl(form) {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name, value);
    return `${list().dataset.list}?${query}`;
  }

  // The panel of facets: beside the list on a wide screen, a sheet from the bottom on a narrow one.

  const opener = () => document.querySelector("[data-facets-open]");
  const showExpanded = () => opener()?.setAttribute("aria-expanded", isOpen());
  const isOpen = () => Boolean(panel()?.matches(".is-open, .show, .showing"));
  const loadFacets = () =>
    htmx.ajax("GET", panel().dataset.url + location.search, { target: "#facets", swap: "innerMorph" });

  async function openFacets() {
    await loadFacets();
    if (wide.matches) panel().classList.add("is-open");
    else bootstrap.Offcanvas.getOrCreateInstance(panel()).show();
    if (docks.matches) earmarkDock.keep(true);
    showExpanded();
    panel().focus({ preventScroll: true });
  }

  // On a very wide screen the panel is there by itself, until it is closed.
  async function dock() {
    const shown = panel();
    if (!shown || !opener() || !docks.matches || !earmarkDock.isKept() || isOpen()) return;
    shown.classList.add("is-open", "is-docked");
    showExpanded();
    await loadFacets();
  }
  dock();
  document.addEventListener("htmx:after:swap", dock);
  document.addEventListener("earmark:list-changed", () => isOpen() && loadFacets());
  docks.addEventListener("change", () => {
    if (docks.matches) return dock();
    if (panel()?.classList.contains("is-docked")) panel().classList.remove("is-open", "is-docked");
    showExpanded();
  });

  // A choice made while the previous search is still loading builds on its result: wait until the panel has the new links.
  async function followFacet({ dataset: { facet } }) {
    await searching.catch(() => {});
    const link = panel().querySelector(`[data-facet="${CSS.escape(facet)}"]`);
    if (link) search(link.href);
  }

  // The same for what is entered in the panel, whose hidden fields may still be those of the search before.
  async function addToSearch(form) {
    const entered = [...form.querySelectorAll("input:not([type=hidden])")].map(({ name, value }) => [name, value]);
    await searching.catch(() => {});
    const query = new URLSearchParams(location.search);
    query.delete("page");
    for (const [name, value] of entered) query.set(name, value);
    search(`${list().dataset.list}?${query}`);
  }

  function closeFacets() {
    if (docks.matches) earmarkDock.keep(false);
    panel().classList.remove("is-open", "is-docked");
    bootstrap.Offcanvas.getInstance(panel())?.hide();
    showExpanded();
    opener()?.focus();
  }
  document.addEventListener("hidden.bs.offcanvas", showExpanded);

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !list()) return;
    const link = event.target.closest("a[data-search-link], [data-facets-open], [data-facets-close]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.facet) followFacet(link);
    else if ("searchLink" in link.dataset) {
      search(link.href);
      if (link.closest(".pages")) scrollTo({ top: 0 });
    } else if (isOpen()) closeFacets();
    else openFacets();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel()?.classList.contains("is-open") && event.target.closest("[data-facets]")) closeFacets();
    if (!field() || earmarkKey(event) !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    field().focus();
    field().select();
  });

  let searchTimer;
  for (const name of ["input", "compositionend"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest("[data-search]");
      if (!form || !list() || event.isComposing) return;
      clearTimeout(searchTimer);
      searchTimer = setTimeout(() => search(searchUrl(form), { typed: true }), WAIT);
    });
  }
  document.addEventListener("focusout", (event) => {
    if (event.target === field()) isTyping = false;
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-search], [data-search-form]") || !list()) return;
    event.preventDefault();
    if ("searchForm" in event.target.dataset) return addToSearch(event.target);
    clearTimeout(searchTimer);
    search(searchUrl(event.target));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-search-sort]")) search(searchUrl(event.target.form));
  });
  // Going back within the library swaps the list, too; navigate.js loads other pages.
  document.addEventListener("earmark:return", (event) => {
    if (!list()) return;
    event.preventDefault();
    search(location.href, { entry: "" });
  });
  document.addEventListener("earmark:leave", () => {
    clearTimeout(searchTimer);
    isTyping = false;
    latest += 1; // what is still loading belongs to the page that was left
    if (field()) field().value = wordsOf(new URLSearchParams(location.search));
  });
})();
