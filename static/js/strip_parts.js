// Which parts of a listening strip are shown: the spectrogram, as it was switched on or off in this browser (at first on
// where there is room for it), and a track's minor genres while the page is open. Runs before the first paint, so that
// nothing moves.
(() => {
  const KEY = "earmark.spectrogram";
  const root = document.documentElement;
  const roomy = matchMedia("(min-width: 768px)");
  const all = (selector) => document.querySelectorAll(selector);
  const isOn = () => (localStorage.getItem(KEY) ?? (roomy.matches ? "on" : "off")) === "on";

  function apply() {
    root.dataset.spectrogram = isOn() ? "on" : "off";
    for (const button of all("[data-spectrogram-switch]")) button.setAttribute("aria-checked", isOn());
    for (const button of all("[data-unfold-genres]")) button.setAttribute("aria-expanded", root.dataset.minorGenres === "shown");
    // A picture that is not shown is not fetched.
    for (const picture of all(".strip-spectrogram image[data-href]")) {
      if (!picture.checkVisibility()) continue;
      picture.setAttribute("href", picture.dataset.href);
      picture.removeAttribute("data-href");
    }
  }

  apply();
  for (const name of ["DOMContentLoaded", "htmx:after:swap"]) document.addEventListener(name, apply);
  roomy.addEventListener("change", apply);
  addEventListener("storage", ({ key }) => key === KEY && apply()); // switched in another tab
  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-spectrogram-switch]")) localStorage.setItem(KEY, isOn() ? "off" : "on");
    else if (!target.closest("[data-unfold-genres]")) return;
    else if (root.dataset.minorGenres) delete root.dataset.minorGenres;
    else root.dataset.minorGenres = "shown";
    apply();
  });
  document.addEventListener("earmark:leave", () => delete root.dataset.minorGenres);
})();
