// Files dropped or chosen go up a few at a time, each with its own row in the tray.
// The server renders a row once the bytes have arrived; htmx keeps it fresh until the track is heard.
(() => {
  const AT_ONCE = 3;
  const tray = document.querySelector("[data-tray]");
  const list = tray.querySelector("[data-tray-list]");
  const template = document.querySelector("[data-tray-template]");
  const veil = document.querySelector("[data-drop-veil]");
  const waiting = [];
  let moving = 0;

  function add(files) {
    if (!files.length) return;
    tray.hidden = false;
    for (const file of files) {
      const row = template.content.firstElementChild.cloneNode(true);
      row.querySelector(".tray-name").textContent = file.name;
      list.prepend(row);
      waiting.push({ file, row });
    }
    next();
  }

  function next() {
    while (moving < AT_ONCE && waiting.length) send(waiting.shift());
  }

  function send({ file, row }) {
    moving += 1;
    const form = new FormData();
    form.append("file", file);
    // XMLHttpRequest, because fetch does not tell how much has been sent.
    const request = new XMLHttpRequest();
    request.open("POST", tray.dataset.uploadUrl);
    request.setRequestHeader("X-CSRFToken", tray.dataset.csrf);
    request.setRequestHeader("Accept", "text/vnd.earmark.row");
    request.upload.addEventListener("progress", (event) => {
      row.querySelector("progress").value = (100 * event.loaded) / event.total;
    });
    request.addEventListener("load", () => {
      if (request.status === 200) show(row, request.responseText);
      else fail(row, "The server could not take this file. Try again.", file);
    });
    request.addEventListener("error", () => fail(row, "The connection broke off. Nothing was stored.", file));
    request.addEventListener("loadend", () => {
      moving -= 1;
      next();
      if (!moving && !waiting.length) document.dispatchEvent(new Event("earmark:uploaded"));
    });
    request.send(form);
  }

  function show(row, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    const fresh = holder.content.firstElementChild;
    row.replaceWith(fresh);
    htmx.process(fresh);
  }

  function fail(row, text, file) {
    row.querySelector("progress").remove();
    const state = document.createElement("span");
    state.className = "tray-state tray-error";
    state.textContent = text;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-quiet";
    again.textContent = "Try again";
    again.addEventListener("click", () => {
      row.remove();
      add([file]);
    });
    row.append(state, again);
  }

  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = true;
    add(event.dataTransfer.files);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-drop-zone] input[type=file]")) return;
    add([...event.target.files]);
    event.target.value = "";
  });
  tray.querySelector("[data-tray-close]").addEventListener("click", () => {
    tray.hidden = true;
    list.replaceChildren();
  });
  addEventListener("beforeunload", (event) => {
    if (moving || waiting.length) event.preventDefault();
  });
  // The library's list shows what has just arrived.
  document.addEventListener("earmark:uploaded", () => {
    const tracks = document.querySelector("[data-tracks]");
    if (tracks) htmx.ajax("GET", location.href, { target: "#tracks", select: "#tracks", swap: "outerMorph" });
  });
})();
