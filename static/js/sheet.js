// Links that open in a dialog over any page, such as "Add to playlist…" and "Edit". Without this script each is a page of
// its own.
(() => {
  const sheet = document.querySelector("[data-sheet]");
  document.addEventListener("click", async (event) => {
    if (event.target === sheet || sheet.contains(event.target.closest("[data-sheet-close]"))) {
      event.preventDefault();
      return sheet.close();
    }
    const link = event.target.closest("a[data-sheet-link]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const body = sheet.querySelector("[data-sheet-body]");
    body.replaceChildren();
    await htmx.ajax("GET", link.href, { target: "[data-sheet-body]", select: "[data-sheet-content]", swap: "innerHTML" });
    if (!body.firstElementChild) return;
    sheet.setAttribute("aria-label", body.querySelector("h1").textContent.trim());
    sheet.showModal();
  });

  // A form that changes what the page shows: the page stays, and changes where it stands.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-sheet-form]");
    if (!form || !sheet.contains(form)) return;
    event.preventDefault();
    earmarkAct(form.action, new URLSearchParams(new FormData(form, event.submitter)), { again, done: () => sheet.close() });
  });

  function again(page) {
    sheet.querySelector("[data-sheet-body]").replaceChildren(document.adoptNode(page.querySelector("[data-sheet-content]")));
    (sheet.querySelector(".is-invalid") ?? sheet.querySelector("h1")).focus();
  }
})();
