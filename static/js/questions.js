// A page that asks one question after the other, such as the review queue. The keys that its elements name in `data-key`
// press them, or go to a text field. strip.js handles space and arrows.
(() => {
  const page = () => document.querySelector("[data-questions]");

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [role=menu], .dropdown")) return;
    const key = earmarkKey(event).toLowerCase();
    if (!key || (event.shiftKey && /^[a-z]$/.test(key))) return;
    if (key === "enter" && event.target.closest("button, a, summary")) return;
    const target = page()?.querySelector(`[data-key~="${CSS.escape(key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input:not([type=checkbox])")) target.select();
    else target.click();
  });

  document.addEventListener("click", ({ target }) => {
    const more = target.closest("[data-answers-more]");
    if (!more) return;
    const answers = document.getElementById(more.getAttribute("aria-controls"));
    answers.classList.add("is-open");
    more.setAttribute("aria-expanded", "true");
    answers.querySelector("li:nth-child(5) button")?.focus();
  });

  // Questions in a list: an answer takes its row away, and the focus goes to the row in its place.
  const rows = () => [...document.querySelectorAll("[data-question-list] > li")];
  let answered = -1;
  document.addEventListener("htmx:before:request", () => {
    answered = rows().findIndex((row) => row.contains(document.activeElement));
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const { select } = event.detail.ctx;
    if (select === "#question-list" && answered >= 0) {
      (rows()[answered] ?? rows().at(-1))?.querySelector("[type=submit]").focus({ preventScroll: true });
    }
    if (!page() || select !== `#${page().id}`) return;
    // After the next question was swapped in: screen readers announce it, and a reload shows it again.
    history.replaceState(history.state, "", page().dataset.address);
    page().querySelector("[data-question]")?.focus({ preventScroll: true });
  });
})();
