// Finding without reloads: links and forms that change which tracks are listed swap the list and the address.
// Without this script they are plain links and forms.
(() => {
  const WAIT = 250; // milliseconds without a key before a search is sent
  const wide = matchMedia("(min-width: 992px)");
  const tracks = () => document.querySelector("[data-tracks]");
  const panel = () => document.querySelector("[data-facets]");
  const field = () => document.querySelector("[data-search] [name=q]");
  let latest = 0;
  let finding = Promise.resolve();

  const find = (url, options) => (finding = swap(url, options));

  async function swap(url, { push = true } = {}) {
    const mine = ++latest;
    const focused = document.activeElement?.dataset.facet;
    if (push) history.pushState({ find: true }, "", url);
    tracks().setAttribute("aria-busy", "true");
    await htmx.ajax("GET", url, { target: "#tracks", select: "#tracks", swap: "outerMorph" });
    if (mine !== latest) return;
    tracks().removeAttribute("aria-busy");
    const next = document.querySelector("[data-act-bar] [name=next]");
    if (next) next.value = location.pathname + location.search;
    if (document.activeElement !== field()) field().value = new URL(url, location.href).searchParams.get("q") ?? "";
    if (isOpen()) await loadFacets();
    if (focused) panel().querySelector(`[data-facet="${CSS.escape(focused)}"]`)?.focus();
  }

  function addressOf(form) {
    const query = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...query]) if (!value) query.delete(name, value);
    return `${form.getAttribute("action")}?${query}`;
  }

  // The panel of facets: beside the list on a wide screen, a sheet from below on a narrow one.

  const isOpen = () => panel()?.classList.contains("is-open") || panel()?.classList.contains("show");
  const loadFacets = () =>
    htmx.ajax("GET", panel().dataset.url + location.search, { target: "#facets", swap: "innerMorph" });

  async function openFacets() {
    await loadFacets();
    if (wide.matches) panel().classList.add("is-open");
    else bootstrap.Offcanvas.getOrCreateInstance(panel()).show();
    panel().focus({ preventScroll: true });
  }

  // A choice made while the last one is still on its way goes on from that one: its address is not in the panel yet.
  async function choose({ dataset: { facet } }) {
    await finding.catch(() => {});
    const link = panel().querySelector(`[data-facet="${CSS.escape(facet)}"]`);
    if (link) find(link.href);
  }

  function closeFacets() {
    panel().classList.remove("is-open");
    bootstrap.Offcanvas.getInstance(panel())?.hide();
    document.querySelector("[data-facets-open]")?.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !tracks()) return;
    const link = event.target.closest("a[data-find], a[data-facets-open], [data-facets-close]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.facet) choose(link);
    else if ("find" in link.dataset) {
      find(link.href);
      if (link.closest(".pages")) scrollTo({ top: 0 });
    } else if (isOpen()) closeFacets();
    else openFacets();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel()?.classList.contains("is-open") && event.target.closest("[data-facets]")) closeFacets();
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !field()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    field().focus();
    field().select();
  });

  let waiting;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-search]");
    if (!form || !tracks()) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => find(addressOf(form), { push: true }), WAIT);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-search]") || !tracks()) return;
    event.preventDefault();
    clearTimeout(waiting);
    find(addressOf(event.target));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-find-sort]")) find(addressOf(event.target.form));
  });
  // Within the library the way back swaps the list, too; other pages come by navigate.js.
  document.addEventListener("earmark:return", (event) => {
    if (!tracks()) return;
    event.preventDefault();
    find(location.href, { push: false });
  });
  document.addEventListener("earmark:leave", () => {
    if (field()) field().value = new URLSearchParams(location.search).get("q") ?? "";
  });

  // A row that is pointed at shows where in the track which genre is heard strongest.

  async function showTimeline(row) {
    if (row.querySelector(".row-timeline")) return;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "row-timeline");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("preserveAspectRatio", "none");
    row.append(svg);
    const heard = await earmarkSession.getJson(row.dataset.rowTimeline);
    if (!heard?.segments.length) return;
    const { genres, segments } = heard;
    svg.setAttribute("viewBox", `0 0 ${segments.at(-1)[1]} 1`);
    for (const [start, end, shares] of segments) {
      const share = Math.max(...shares);
      const part = document.createElementNS(svg.namespaceURI, "rect");
      part.setAttribute("class", `genre-${genres[shares.indexOf(share)]}`);
      part.setAttribute("x", start);
      part.setAttribute("width", end - start);
      part.setAttribute("y", 1 - share);
      part.setAttribute("height", share);
      svg.append(part);
    }
  }

  let resting;
  for (const name of ["pointerover", "focusin"]) {
    document.addEventListener(name, (event) => {
      const row = event.target.closest?.("[data-row-timeline]");
      clearTimeout(resting);
      if (row) resting = setTimeout(() => showTimeline(row), 120);
    });
  }
})();
