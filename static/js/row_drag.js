// Tracks are dragged with the mouse from a list to a playlist in the rail: the row that is dragged, or all that are
// selected if it is one of them. Dropped on "Playlists", they make a new one. Menus do the same without dragging.
(() => {
  const form = () => document.getElementById("bulk-action-form");
  const placeOf = (event) => event.target.closest?.("[data-drop-playlist]");
  let dragged = null;
  let over = null;

  // By touch, a long press opens the row's menu.
  document.addEventListener("pointerdown", ({ target, pointerType }) => {
    const row = target.closest(".row-list .row-track");
    if (row) row.draggable = pointerType === "mouse" && Boolean(form()) && !target.closest("input, button");
  });

  document.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".row-track[draggable=true]");
    if (!row) return;
    dragged = row;
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData("text/plain", row.querySelector(".row-name > a").textContent);
    document.body.classList.add("is-dragging-tracks");
  });

  function mark(place) {
    if (place === over) return;
    over?.classList.remove("is-dropped-on");
    over = place;
    over?.classList.add("is-dropped-on");
  }

  document.addEventListener("dragover", (event) => {
    if (!dragged) return;
    mark(placeOf(event));
    if (!over) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });

  document.addEventListener("drop", (event) => {
    const place = dragged && placeOf(event);
    if (!place) return;
    event.preventDefault();
    earmarkAct(form().action, fieldsFor(dragged, place.dataset.dropPlaylist), { row: dragged.id });
  });

  document.addEventListener("dragend", () => {
    mark(null);
    dragged = null;
    document.body.classList.remove("is-dragging-tracks");
  });

  function fieldsFor(row, playlist) {
    const box = row.querySelector("[data-select]");
    const fields = new URLSearchParams(new FormData(form()));
    if (!box.checked && !fields.has("all")) {
      for (const name of ["track", "others"]) fields.delete(name);
      fields.set("track", box.value);
    }
    fields.set("idempotency_key", earmarkAct.newKey());
    fields.set("act", playlist === "new" ? "playlist" : `playlist:${playlist}`);
    fields.set("new_playlist", "New playlist");
    return fields;
  }
})();
