// "Add to playlist…" opens in a dialog over any page. Without this script it is a page of its own.
(() => {
  const sheet = document.querySelector("[data-sheet]");
  document.addEventListener("click", async (event) => {
    if (event.target === sheet || event.target.closest("[data-sheet-close]")) return sheet.close();
    const link = event.target.closest("a[data-add-to-playlist]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const body = sheet.querySelector("[data-sheet-body]");
    body.replaceChildren();
    await htmx.ajax("GET", link.href, { target: "[data-sheet-body]", select: "#add-to-playlist", swap: "innerHTML" });
    if (body.firstElementChild) sheet.showModal();
  });
})();
