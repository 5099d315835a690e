// "Needs you", by keys: a digit answers, Enter takes the first,
// S skips, Z takes the last answer back, N goes to the field for a new genre. Space, arrows and ? are strip.js's.
(() => {
  const part = (name) => document.querySelector(`[data-needs-you] [data-needs-${name}]`);

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [role=menu], .dropdown")) return;
    const key = event.key.toLowerCase();
    if (key === "enter" && event.target.closest("button, a, summary")) return;
    const acts = { enter: part("first"), s: part("skip"), z: part("undo"), n: part("new") };
    const wanted = /^\d$/.test(key) ? part(`digit="${key}"`) : acts[key];
    if (!wanted) return;
    event.preventDefault();
    if (wanted.matches("input")) wanted.select();
    else wanted.click();
  });

  // The next track is there: its title is read out, and the address says where one is, for a reload.
  document.addEventListener("htmx:after:swap", (event) => {
    const queue = document.querySelector("[data-needs-you]");
    if (event.detail.ctx.select !== "#needs-you" || !queue) return;
    history.replaceState(history.state, "", queue.dataset.address);
    part("title").focus();
  });
})();
