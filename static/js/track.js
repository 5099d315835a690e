// The page of a track after an answer: the focus stays near what was pressed, and screen readers hear what has changed.
(() => {
  const details = () => document.querySelector("#track-details");
  const words = (selector) => [...details().querySelectorAll(`[data-${selector}]`)].map((one) => one.getAttribute(`data-${selector}`));
  const known = () => ({
    genre: document.querySelector("#effective-genre").textContent.replace(/\s+/g, " ").replace("(", " (").trim(), tags: words("tag"), suggested: words("suggested"),
  });
  const isSuggestion = (list) => list.hasAttribute("aria-label");
  let before = null;
  let pressed = null;

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (ctx.select !== "#track-details") return;
    const item = document.activeElement.closest("#track-details .chips > li");
    before = known();
    pressed = {
      panel: document.activeElement.closest("section")?.getAttribute("aria-labelledby"),
      index: item && [...item.parentElement.children].indexOf(item), suggestion: item && isSuggestion(item.parentElement),
    };
  });

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    if (ctx.select !== "#track-details" || !before || !details()) return;
    const { activeElement } = document;
    if (!activeElement?.matches("#track-details *") || !activeElement.checkVisibility()) nextPlace()?.focus({ preventScroll: true });
    earmarkAnnounce(changes(before, known()).join(" "));
    before = null;
  });

  function nextPlace() {
    const panel = details().querySelector(`[aria-labelledby="${pressed.panel}"]`);
    if (pressed.panel !== "tags-title") return details().querySelector("[data-undo-genre]") ?? details().querySelector("[data-genre-picker]");
    const list = [...panel.querySelectorAll(".chips")].find((one) => isSuggestion(one) === pressed.suggestion);
    const item = pressed.index !== null && list?.children[Math.min(pressed.index, list.children.length - 1)];
    return item ? item.querySelector("button") : panel.querySelector("#tag-name");
  }

  function changes(old, now) {
    const without = (some, others) => some.filter((one) => !others.includes(one));
    return [
      ...(old.genre === now.genre ? [] : [`Genre: ${now.genre}.`]),
      ...without(now.tags, old.tags).map((tag) => `Tag added: ${tag}.`),
      ...without(old.tags, now.tags).map((tag) => `Tag removed: ${tag}.`),
      ...without(without(old.suggested, now.suggested), now.tags).map((tag) => `${tag} is not suggested any more.`),
    ];
  }
})();
