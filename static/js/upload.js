// Files and folders, dropped or chosen, go up a few at a time. The tray shows what is moving, what was refused, and
// the last few that arrived; the upload page lists all. The server renders a row once the bytes have arrived; htmx
// keeps it fresh until the track is heard.
(() => {
  const AT_ONCE = 3;
  const ARRIVED_SHOWN = 8;
  const REFRESH = 5000; // how often the page behind may be told, at most
  const MUSIC = /\.(mp3|m4a|m4b|mp4|aac|ogg|oga|opus|flac|wav|aiff?|aifc|au|snd|wma|webm|mka|zip)$/i;
  const tray = document.querySelector("[data-tray]");
  const part = (name) => tray.querySelector(`[data-tray-${name}]`);
  const list = part("list");
  const template = document.querySelector("[data-tray-template]");
  const veil = document.querySelector("[data-drop-veil]");
  const number = (n) => n.toLocaleString("en-GB");
  const files = (n) => `${number(n)} file${n === 1 ? "" : "s"}`;
  const megabytes = (n) => number(Math.ceil(n / 1e6));

  let waiting = [];
  const moving = new Set();
  let count = { all: 0, done: 0, bytes: 0, doneBytes: 0, skipped: 0 };
  let told = 0;

  function add(found, skipped = 0) {
    if (!found.length && !skipped) return;
    if (!moving.size && !waiting.length) count = { all: 0, done: 0, bytes: 0, doneBytes: 0, skipped: 0 };
    tray.hidden = false;
    for (const file of found) count.bytes += file.size;
    count.all += found.length;
    count.skipped += skipped;
    waiting = waiting.concat(found);
    next();
  }

  function next() {
    while (moving.size < AT_ONCE && waiting.length) carry(waiting.shift());
    draw();
  }

  async function carry(file) {
    const row = template.content.firstElementChild.cloneNode(true);
    const bar = row.querySelector("progress");
    const state = row.querySelector(".tray-state");
    row.querySelector(".tray-name").textContent = file.name;
    list.prepend(row);
    const job = { sent: 0 };
    moving.add(job);
    try {
      const html = await earmarkSend(file, tray.dataset, {
        progress(sent) {
          job.sent = Math.min(sent, file.size);
          bar.value = (100 * job.sent) / (file.size || 1);
          state.textContent = "";
          state.classList.remove("tray-long");
          draw();
        },
        lost() {
          state.textContent = "Connection lost. Trying again…";
        },
        signedOut() {
          state.classList.add("tray-long");
          state.replaceChildren("You are signed out. ", earmarkSession.signInLink("Sign in", { apart: true }), ", and this goes on.");
          say(file.name, state.textContent);
        },
      });
      show(row, html);
    } catch (error) {
      fail(row, error.message, file);
    }
    moving.delete(job);
    count.done += 1;
    count.doneBytes += file.size;
    tellThePage(!moving.size && !waiting.length);
    next();
  }

  function show(row, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    const fresh = holder.content.firstElementChild;
    row.replaceWith(fresh);
    htmx.process(fresh);
    const error = fresh.querySelector(".tray-error");
    if (error) return say(fresh.querySelector(".tray-name").textContent, error.textContent);
    const arrived = list.querySelectorAll("[data-arrived]:not(:has(.tray-error))");
    for (const old of [...arrived].slice(ARRIVED_SHOWN)) old.remove();
  }

  function fail(row, text, file) {
    row.querySelector("progress").remove();
    const state = row.querySelector(".tray-state");
    state.classList.add("tray-error");
    state.textContent = text;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "btn btn-quiet btn-small";
    again.textContent = "Try again";
    again.addEventListener("click", () => {
      row.remove();
      add([file]);
    });
    row.append(again);
    row.dataset.arrived = "";
    say(file.name, text);
  }

  const say = (name, text) => (part("said").textContent = `${name}: ${text}`);

  let drawing = false;
  function draw() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const sent = [...moving].reduce((sum, job) => sum + job.sent, count.doneBytes);
      const busy = moving.size || waiting.length;
      tray.toggleAttribute("data-busy", Boolean(busy));
      const skipped = count.skipped ? `${files(count.skipped)} skipped: not music, by the name.` : "";
      part("total").textContent = busy
        ? `${number(count.done)} of ${files(count.all)} · ${megabytes(sent)} of ${megabytes(count.bytes)} MB. ${skipped}`
        : `${files(count.all)} sent. ${skipped}`;
      part("progress").hidden = !busy;
      part("progress").value = (100 * sent) / (count.bytes || 1);
      part("more").hidden = !waiting.length;
      part("more").textContent = `and ${number(waiting.length)} more`;
    });
  }

  // The library's list and the upload page show what has just arrived.
  function tellThePage(last) {
    if (!last && Date.now() - told < REFRESH) return;
    told = Date.now();
    for (const id of ["tracks", "recent"]) {
      if (document.getElementById(id)) htmx.ajax("GET", location.href, { target: `#${id}`, select: `#${id}`, swap: "outerMorph" });
    }
    if (last) part("said").textContent = `${files(count.all)} sent.`;
  }

  // -- files and folders

  async function filesIn(entry) {
    if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      // A hundred at a time, until there are none.
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return found;
      for (const inner of some) found.push(...(await filesIn(inner)));
    }
  }

  function addFolder(found) {
    const music = found.filter((file) => MUSIC.test(file.name));
    add(music, found.length - music.length);
  }

  async function addDropped(data) {
    // What was dropped can be looked at only until the event is over; its folders can be read later.
    const entries = [...data.items].map((item) => item.webkitGetAsEntry?.());
    if (!entries.some((entry) => entry?.isDirectory)) return add([...data.files]);
    const loose = [...data.files].filter((_, index) => entries[index]?.isFile);
    add(loose);
    for (const entry of entries) if (entry?.isDirectory) addFolder(await filesIn(entry));
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
    addDropped(event.dataTransfer);
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-drop-zone] input[type=file]")) return;
    const chosen = [...event.target.files];
    if (event.target.webkitdirectory) addFolder(chosen);
    else add(chosen);
    event.target.value = "";
  });
  part("close").addEventListener("click", () => {
    tray.hidden = true;
    for (const row of list.querySelectorAll("[data-arrived]")) row.remove();
  });
  addEventListener("beforeunload", (event) => {
    if (moving.size || waiting.length) event.preventDefault();
  });

  // Phones have no folders to choose.
  function offerFolders() {
    if (!("webkitdirectory" in document.createElement("input"))) return;
    for (const hidden of document.querySelectorAll("[data-drop-zone] [data-folder]")) hidden.hidden = false;
  }
  offerFolders();
  document.addEventListener("htmx:after:swap", offerFolders);
})();
