// The picker of a genre, by a click on the chip of a row or G: the row changes in its place.
(() => {
  const picker = () => document.querySelector("[data-row-genre]");

  function open(from) {
    const row = earmarkRow.of(from);
    const chip = row.querySelector("[data-row-genre-open]");
    if (!chip) return;
    for (const button of picker().querySelectorAll("[name=genre]")) {
      button.setAttribute("aria-pressed", button.value === chip.dataset.said);
    }
    picker().querySelector("[name=new]").value = "";
    picker().setAttribute("aria-label", `Genre of ${earmarkRow.titleOf(row)}`);
    const { left, bottom } = chip.getBoundingClientRect();
    earmarkRow.open(picker(), from, left, bottom + 4);
    (picker().querySelector("[aria-pressed=true]") ?? picker().querySelector("[name=genre]")).focus();
  }

  document.addEventListener("click", ({ target }) => {
    const chip = target.closest("[data-row-genre-open]");
    if (!chip || !picker()) return;
    if (earmarkRow.isOpenFrom(chip)) earmarkRow.close();
    else open(chip);
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!picker() || !earmarkRow.of(event.target) || earmarkKey(event) !== "g") return;
    event.preventDefault();
    open(event.target);
  });
})();
