// Uploads files and folders, dropped or chosen, a few at a time. The tray shows those under way, those that failed and
// the last few that arrived; the upload page lists all. The server renders the row of a file that has arrived; htmx
// refreshes it until the track is analysed.
(() => {
  const AT_ONCE = 3;
  const ARRIVED_SHOWN = 8;
  const REFRESH = 5000; // milliseconds between two refreshes of the page behind the tray, at least
  const tray = document.querySelector("[data-tray]");
  const element = (name) => tray.querySelector(`[data-tray-${name}]`);
  const list = element("list");
  const extensions = tray.dataset.extensions.split(","); // lower case, with their dots
  const COVER = /^(cover|folder|front)\.(jpe?g|png|webp)$/i; // sent along with the music of their folder
  const template = document.querySelector("[data-tray-template]");
  const veil = document.querySelector("[data-drop-veil]");
  const number = (n) => n.toLocaleString("en-GB");
  const files = (n) => `${number(n)} file${n === 1 ? "" : "s"}`;
  const megabytes = (n) => number(Math.ceil(n / 1e6));

  // Where a file was, in what was dropped or chosen together: files of one folder find each other by it.
  const paths = new WeakMap();
  function notePaths(found, pathOf) {
    const together = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    for (const file of found) if (!paths.has(file)) paths.set(file, `${together}/${pathOf(file)}`);
  }

  let waiting = [];
  const moving = new Set();
  const newCount = () => ({ all: 0, done: 0, bytes: 0, doneBytes: 0, skipped: 0, unreadable: 0 });
  let count = newCount();
  let lastRefresh = 0;

  function add(found, { skipped = 0, unreadable = 0 } = {}) {
    if (!found.length && !skipped && !unreadable) return;
    if (!moving.size && !waiting.length) count = newCount();
    tray.hidden = false;
    for (const file of found) count.bytes += file.size;
    count.all += found.length;
    count.skipped += skipped;
    count.unreadable += unreadable;
    waiting = waiting.concat(found);
    next();
  }

  function next() {
    while (moving.size < AT_ONCE && waiting.length) uploadFile(waiting.shift());
    draw();
  }

  async function uploadFile(file) {
    const row = template.content.firstElementChild.cloneNode(true);
    const bar = row.querySelector("progress");
    const state = row.querySelector(".tray-state");
    row.querySelector(".tray-name").textContent = file.name;
    list.prepend(row);
    const job = { sent: 0 };
    moving.add(job);
    try {
      const html = await earmarkUpload(file, paths.get(file) ?? "", tray.dataset, {
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
          state.replaceChildren("You are signed out. ", earmarkSession.signInLink("Sign in", { newTab: true }), ", and this goes on.");
          announce(file.name, state.textContent);
        },
      });
      showResult(row, html);
    } catch (error) {
      showFailure(row, error.message, file);
    }
    moving.delete(job);
    count.done += 1;
    count.doneBytes += file.size;
    refreshPage(!moving.size && !waiting.length);
    next();
  }

  function showResult(row, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    const fresh = holder.content.firstElementChild;
    row.replaceWith(fresh);
    htmx.process(fresh);
    const error = fresh.querySelector(".tray-error");
    if (error) return announce(fresh.querySelector(".tray-name").textContent, error.textContent);
    const arrived = list.querySelectorAll("[data-arrived]:not(:has(.tray-error))");
    for (const old of [...arrived].slice(ARRIVED_SHOWN)) old.remove();
  }

  function showFailure(row, text, file) {
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
    announce(file.name, text);
  }

  const announce = (name, text) => (element("status").textContent = `${name}: ${text}`);

  let drawing = false;
  function draw() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const sent = [...moving].reduce((sum, job) => sum + job.sent, count.doneBytes);
      const busy = moving.size || waiting.length;
      tray.toggleAttribute("data-busy", Boolean(busy));
      const skipped = count.skipped ? `${files(count.skipped)} skipped: not music. ` : "";
      const unreadable = count.unreadable ? `${files(count.unreadable)} could not be read.` : "";
      element("total").textContent = busy
        ? `${number(count.done)} of ${files(count.all)} · ${megabytes(sent)} of ${megabytes(count.bytes)} MB. ${skipped}${unreadable}`
        : `${files(count.all)} sent. ${skipped}${unreadable}`;
      element("progress").hidden = !busy;
      element("progress").value = (100 * sent) / (count.bytes || 1);
      element("more").hidden = !waiting.length;
      element("more").textContent = `and ${number(waiting.length)} more`;
    });
  }

  // The library and the upload page show what has just arrived.
  function refreshPage(last) {
    if (!last && Date.now() - lastRefresh < REFRESH) return;
    lastRefresh = Date.now();
    for (const id of ["tracks", "recent-uploads"]) {
      if (document.getElementById(id)) htmx.ajax("GET", location.href, { target: `#${id}`, select: `#${id}`, swap: "outerMorph" });
    }
    if (last) element("status").textContent = `${files(count.all)} sent.`;
  }

  // -- files and folders

  // Adds the files below a folder to `found.files`; what the browser cannot read is counted in `found.unreadable`.
  async function collectFiles(entry, found) {
    try {
      if (entry.isFile) {
        const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
        found.paths.set(file, entry.fullPath.replace(/^\/+/, ""));
        return found.files.push(file);
      }
      const reader = entry.createReader();
      for (;;) {
        // A hundred at a time, until there are none.
        const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!entries.length) return;
        for (const inner of entries) await collectFiles(inner, found);
      }
    } catch {
      found.unreadable += 1;
    }
  }

  const isWanted = ({ name }) => COVER.test(name) || extensions.some((extension) => name.toLowerCase().endsWith(extension));

  // What systems leave beside music (library/incoming/litter.py has the same list).
  const LITTER =
    /(^|\/)(__MACOSX|\.AppleDouble|\.Trashes|\.Spotlight-V100|\.fseventsd|@eaDir)\/|(^|\/)(\._[^/]*|\.DS_Store|\.localized|Icon\r|(eh)?Thumbs\.db|desktop\.ini|Folder\.htt|\.directory)$/i;

  function addFolder(all, pathOf, unreadable = 0) {
    const found = all.filter((file) => !LITTER.test(pathOf(file)));
    notePaths(found, pathOf);
    const wanted = found.filter(isWanted);
    add(wanted, { skipped: found.length - wanted.length, unreadable });
  }

  function addFiles(found) {
    notePaths(found, (file) => file.name);
    add(found);
  }

  async function addDropped(data) {
    // The items are available only during the event; the folders can be read later.
    const entries = [...data.items].map((item) => item.webkitGetAsEntry?.());
    if (!entries.some((entry) => entry?.isDirectory)) return addFiles([...data.files]);
    addFiles([...data.files].filter((_, index) => entries[index]?.isFile));
    for (const entry of entries.filter((one) => one?.isDirectory)) {
      const found = { files: [], paths: new Map(), unreadable: 0 };
      await collectFiles(entry, found);
      addFolder(found.files, (file) => found.paths.get(file), found.unreadable);
    }
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
    if (event.target.webkitdirectory) addFolder(chosen, (file) => file.webkitRelativePath);
    else addFiles(chosen);
    event.target.value = "";
  });
  element("close").addEventListener("click", () => {
    tray.hidden = true;
    for (const row of list.querySelectorAll("[data-arrived]")) row.remove();
  });
  addEventListener("beforeunload", (event) => {
    if (moving.size || waiting.length) event.preventDefault();
  });

  // Phones cannot choose folders.
  function offerFolders() {
    if (!("webkitdirectory" in document.createElement("input"))) return;
    for (const hidden of document.querySelectorAll("[data-drop-zone] [data-folder]")) hidden.hidden = false;
  }
  offerFolders();
  document.addEventListener("htmx:after:swap", offerFolders);
})();
