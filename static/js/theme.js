// The theme: as the system's, until somebody chooses light or dark. Runs before the first paint, so that nothing flashes.
// The choice is kept under a key of its own: "theme" is the one of Django's admin, which has other values.
(() => {
  const KEY = "earmark.theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => (["light", "dark"].includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "system");

  function apply() {
    const choice = chosen();
    root.dataset.bsTheme = choice === "system" ? (system.matches ? "dark" : "light") : choice;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", button.dataset.themeChoice === choice);
    }
    document.dispatchEvent(new Event("earmark:theme"));
  }

  apply();
  document.addEventListener("DOMContentLoaded", apply);
  system.addEventListener("change", apply);
  addEventListener("storage", ({ key }) => key === KEY && apply()); // chosen in another tab
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-choice]")?.dataset.themeChoice;
    if (!choice) return;
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
    apply();
  });
})();
