// Links that open in a dialog over any page, such as "Add to playlist…". Without this script each is a page of its own.
(() => {
  const sheet = document.querySelector("[data-sheet]");
  document.addEventListener("click", async (event) => {
    if (event.target === sheet || event.target.closest("[data-sheet-close]")) return sheet.close();
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
})();
