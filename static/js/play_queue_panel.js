// The list of the play queue: jump to a track, or remove one.
(() => {
  const panel = document.querySelector("[data-play-queue-panel]");
  const list = panel.querySelector("[data-play-queue-list]");
  const template = panel.querySelector("template");
  const toggle = document.querySelector("[data-player-queue]");
  let queue;

  function draw() {
    if (panel.hidden || !queue) return;
    const focused = document.activeElement?.closest("[data-play-queue-panel] li");
    const at = focused ? [...list.children].indexOf(focused) : -1;
    const rows = queue.tracks.map((track, position) => {
      const row = template.content.firstElementChild.cloneNode(true);
      const [jump, remove] = row.querySelectorAll("button");
      jump.querySelector("[data-title]").textContent = track.title;
      jump.querySelector("[data-artist]").textContent = track.artist;
      if (position === queue.position) jump.setAttribute("aria-current", "true");
      jump.addEventListener("click", () => dispatch("jump", position));
      remove.setAttribute("aria-label", `Remove “${track.title}” from the queue`);
      remove.addEventListener("click", () => dispatch("remove", position));
      return row;
    });
    list.replaceChildren(...rows);
    panel.querySelector("[data-play-queue-count]").textContent = `${queue.position + 1} of ${queue.tracks.length}${queue.more ? " and more" : ""}`;
    if (at >= 0) (list.children[Math.min(at, rows.length - 1)]?.lastElementChild ?? toggle).focus({ preventScroll: true });
  }

  const dispatch = (name, position) => document.dispatchEvent(new CustomEvent(`earmark:queue-${name}`, { detail: position }));

  function open(on) {
    panel.hidden = !on;
    toggle.setAttribute("aria-expanded", on);
    draw();
    if (on) list.querySelector("[aria-current]")?.focus();
    else toggle.focus();
  }

  toggle.addEventListener("click", () => open(panel.hidden));
  panel.querySelector("[data-play-queue-close]").addEventListener("click", () => open(false));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") open(false);
  });
  document.addEventListener("earmark:queue-change", ({ detail }) => {
    queue = detail;
    draw();
    if (!queue.current) panel.hidden = true;
  });
})();
