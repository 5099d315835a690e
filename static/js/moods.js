// The map of moods: click it instead of moving its two sliders, and highlight one genre.
(() => {
  const MARGIN = 0.04; // share of the picture left free at each edge
  // From a share of the picture to a share of the scale (0 to 1), and from a percentage of the scale to the picture.
  const fromPicture = (part) => Math.min(Math.max((part - MARGIN) / (1 - 2 * MARGIN), 0), 1);
  const toPicture = (percent) => `${100 * MARGIN + percent * (1 - 2 * MARGIN)}%`;

  document.addEventListener("click", (event) => {
    const map = event.target.closest("[data-map]");
    if (map) pointAt(map, event);
    const button = event.target.closest("[data-map-genre]");
    if (button) highlightGenre(button);
  });

  function pointAt(map, event) {
    const form = map.closest("form");
    const box = map.getBoundingClientRect();
    form.elements.x.value = 100 * fromPicture((event.clientX - box.left) / box.width);
    form.elements.y.value = 100 * fromPicture((box.bottom - event.clientY) / box.height);
    showPoint(form);
    form.requestSubmit();
  }

  // One genre keeps its colour and the others fade; a second press brings them back.
  function highlightGenre(button) {
    const form = button.closest("form");
    const genre = button.getAttribute("aria-pressed") === "true" ? null : button.dataset.mapGenre;
    for (const other of form.querySelectorAll("[data-map-genre]")) {
      other.setAttribute("aria-pressed", other.dataset.mapGenre === genre);
    }
    for (const dots of form.querySelectorAll("[data-genre]")) {
      dots.classList.toggle("is-faint", genre !== null && dots.dataset.genre !== genre);
    }
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("[data-map-form]");
    if (form) showPoint(form);
  });

  function showPoint(form) {
    const marks = form.querySelector("#map-marks");
    let point = marks.querySelector("[data-map-point]");
    if (!point) {
      point = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      point.setAttribute("class", "map-point");
      point.setAttribute("data-map-point", "");
      point.setAttribute("r", "12");
      marks.append(point);
    }
    point.setAttribute("cx", toPicture(Number(form.elements.x.value)));
    point.setAttribute("cy", toPicture(100 - Number(form.elements.y.value)));
  }
})();
