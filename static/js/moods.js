// The map: point at it instead of moving its two sliders, and let one genre stand out.
(() => {
  const MARGIN = 0.04; // of the picture, free at each edge
  const inside = (part) => Math.min(Math.max((part - MARGIN) / (1 - 2 * MARGIN), 0), 1);
  const shown = (percent) => `${100 * MARGIN + percent * (1 - 2 * MARGIN)}%`;

  document.addEventListener("click", (event) => {
    const map = event.target.closest("[data-map]");
    if (map) pointAt(map, event);
    const button = event.target.closest("[data-map-genre]");
    if (button) standOut(button);
  });

  function pointAt(map, event) {
    const form = map.closest("form");
    const box = map.getBoundingClientRect();
    form.elements.x.value = 100 * inside((event.clientX - box.left) / box.width);
    form.elements.y.value = 100 * inside((box.bottom - event.clientY) / box.height);
    showPoint(form);
    form.requestSubmit();
  }

  // One genre keeps its colour, the others fade; pressed again, all are back.
  function standOut(button) {
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
    point.setAttribute("cx", shown(Number(form.elements.x.value)));
    point.setAttribute("cy", shown(100 - Number(form.elements.y.value)));
  }
})();
