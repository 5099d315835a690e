// Keyboard shortcuts of the review queue: a digit or Enter (the first answer) sets the genre, S skips, Z undoes the last
// answer, N focuses the field for a new genre. strip.js handles space, arrows and ?.
(() => {
  const element = (name) => document.querySelector(`[data-review-queue] [data-review-${name}]`);

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [role=menu], .dropdown")) return;
    const key = event.key.toLowerCase();
    if (key === "enter" && event.target.closest("button, a, summary")) return;
    const keyHandlers = { enter: element("first"), s: element("skip"), z: element("undo"), n: element("new") };
    const target = /^\d$/.test(key) ? element(`digit="${key}"`) : keyHandlers[key];
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.select();
    else target.click();
  });

  // After the next track was swapped in: screen readers announce its title, and a reload shows the same track again.
  document.addEventListener("htmx:after:swap", (event) => {
    const review = document.querySelector("[data-review-queue]");
    if (event.detail.ctx.select !== "#review-queue" || !review) return;
    history.replaceState(history.state, "", review.dataset.address);
    element("title").focus();
  });
})();
