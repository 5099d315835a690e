// How a file gets to the server: whole, or, when it is large, in pieces that a dropped connection does not undo
// (the tus protocol). `earmarkSend(file, place, told)` answers the file's row for the tray, or throws an Error to be shown.
globalThis.earmarkSend = (() => {
  const LARGE = 20e6;
  const FIRST = 2 ** 18; // enough for the server to tell whether this is music, before the rest is sent
  const PIECE = 8 * 2 ** 20;
  const TUS = { "Tus-Resumable": "1.0.0" };
  const DAY = 24 * 3600 * 1000; // that long the server keeps what has come
  const STALLED = 60 * 1000;
  const LONGEST_PAUSE = 30 * 1000;
  const SIGNED_IN_YET = 5 * 1000;
  const REFUSALS = 3; // with the CSRF token of now, and in a row
  const MEMORY = "earmark.upload:";

  class Lost extends Error {}
  class SignedOut extends Error {} // or in again, since the page was loaded: then its CSRF token is refused

  // XMLHttpRequest, because fetch does not tell how much has been sent.
  function ask(method, url, { headers = {}, body = null, csrf, progress } = {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let timer;
      const awake = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.abort(), STALLED);
      };
      request.open(method, url);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (csrf) request.setRequestHeader("X-CSRFToken", csrf);
      request.upload.addEventListener("progress", (event) => {
        awake();
        progress?.(event.loaded);
      });
      // The bytes are there; what the server makes of them may take its time.
      request.upload.addEventListener("load", () => clearTimeout(timer));
      request.addEventListener("load", () => {
        const later = [423, 429, 502, 503, 504].includes(request.status);
        if (later) reject(new Lost());
        else if ([401, 403].includes(request.status)) reject(new SignedOut());
        else resolve(request);
      });
      request.addEventListener("error", () => reject(new Lost()));
      request.addEventListener("abort", () => reject(new Lost()));
      request.addEventListener("loadend", () => clearTimeout(timer));
      if (body) awake();
      request.send(body);
    });
  }

  function pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const goOn = () => { clearTimeout(timer); resolve(); };
      for (const name of ["online", "focus"]) addEventListener(name, goOn, { once: true });
    });
  }

  // Waits until the same person is signed in. Returns whether it had to wait.
  async function signedIn(told) {
    for (let waited = false; ; waited = true) {
      const who = await earmarkSession.renew().catch(() => "unknown");
      if (who === "same") return waited;
      if (who === "another") throw new Error("Somebody else is signed in now. This file is not sent to their library.");
      if (who === "nobody") told.signedOut();
      await pause(SIGNED_IN_YET);
    }
  }

  function problemOf(answer) {
    try {
      return new Error(`${JSON.parse(answer.responseText).detail} Nothing was stored.`);
    } catch {
      return new Error("The server could not take this file. Try again.");
    }
  }

  async function whole(file, place, told) {
    const form = new FormData();
    form.append("file", file);
    const headers = { Accept: "text/vnd.earmark.row" };
    const answer = await ask("POST", place.uploadUrl, { headers, body: form, csrf: place.csrf, progress: told.progress });
    if (answer.status !== 200) throw problemOf(answer);
    return answer.responseText;
  }

  // Which upload a file belongs to outlives the page: choosing the same file again goes on where it broke off.
  const keyOf = (file) => `${MEMORY}${file.name}|${file.size}|${file.lastModified}`;
  const remember = (key, address) => localStorage.setItem(key, JSON.stringify({ address, at: Date.now() }));
  const recall = (key) => JSON.parse(localStorage.getItem(key) ?? "{}").address;
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(MEMORY))) {
    if (Date.now() - JSON.parse(localStorage.getItem(key)).at > DAY) localStorage.removeItem(key);
  }

  async function begin(file, key, { piecesUrl, csrf }) {
    const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
    const headers = { ...TUS, "Upload-Length": file.size, "Upload-Metadata": `filename ${name}` };
    const answer = await ask("POST", piecesUrl, { headers, csrf });
    if (answer.status !== 201) throw problemOf(answer);
    const address = new URL(answer.getResponseHeader("Location")).pathname;
    remember(key, address);
    return address;
  }

  // How many bytes of a known upload are there; null when the server knows nothing of it.
  async function resume(address) {
    const answer = await ask("HEAD", address, { headers: TUS });
    if (answer.status !== 200) return null;
    if (answer.getResponseHeader("Earmark-State")) return "complete";
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  async function inPieces(file, place, told) {
    const key = keyOf(file);
    let address = recall(key);
    let offset = address ? await resume(address) : null;
    if (offset === null) {
      address = await begin(file, key, place);
      offset = 0;
    }
    while (offset !== "complete") {
      const at = offset;
      const answer = await ask("PATCH", address, {
        headers: { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": at },
        body: file.slice(at, Math.min(at + (at ? PIECE : FIRST), file.size)),
        csrf: place.csrf,
        progress: (sent) => told.progress(at + sent),
      });
      if (answer.status === 204) {
        offset = answer.getResponseHeader("Earmark-State") ? "complete" : Number(answer.getResponseHeader("Upload-Offset"));
      } else {
        offset = await resume(address);
        if (offset === null) throw new Lost();
        // Neither refused nor somewhere else: it would only happen again.
        if (offset === at) throw problemOf(answer);
      }
    }
    localStorage.removeItem(key);
    return rowOf(address, place);
  }

  async function rowOf(address, { uploadUrl }) {
    const id = address.split("/").at(-2);
    const answer = await ask("GET", `${uploadUrl}${id}/row/`);
    if (answer.status !== 200) throw new Lost();
    return answer.responseText;
  }

  return async function send(file, place, told) {
    let tries = 0;
    let refusals = 0;
    const counted = {
      progress: (sent) => {
        if (sent) tries = 0;
        told.progress(sent);
      },
    };
    for (;;) {
      try {
        return await (file.size > LARGE ? inPieces : whole)(file, place, counted);
      } catch (error) {
        if (error instanceof SignedOut) {
          refusals = (await signedIn(told)) ? 0 : refusals + 1;
          if (refusals < REFUSALS) continue;
          throw new Error("The server refuses this file. Reload the page and choose it again.");
        }
        if (!(error instanceof Lost)) throw error;
      }
      // A file that was moved or changed meanwhile looks like a lost connection too.
      await file.slice(0, 1).arrayBuffer().catch(() => {
        throw new Error("This file can no longer be read. Choose it again.");
      });
      told.lost();
      await pause(Math.min(1000 * 2 ** tries, LONGEST_PAUSE));
      tries += 1;
    }
  };
})();
