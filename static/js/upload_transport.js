// Sends a file to the server: in one request or, when it is large, in chunks that survive a dropped connection (the tus
// protocol). `earmarkUpload(file, path, endpoints, callbacks)` resolves to the HTML of the file's row in the tray, or throws
// an Error whose message is shown. `path` is where the file was in its folder; `endpoints` has {uploadUrl, tusUrl, csrf};
// `callbacks` has {progress(bytes), lost(), signedOut()}.
globalThis.earmarkUpload = (() => {
  const LARGE = 20e6; // bytes
  const FIRST_CHUNK = 2 ** 18; // enough for the server to recognise the format before the rest is sent
  const CHUNK = 8 * 2 ** 20;
  const TUS = { "Tus-Resumable": "1.0.0" };
  const UPLOAD_LIFETIME = 24 * 3600 * 1000; // how long the server keeps an unfinished upload
  const STALLED = 60 * 1000; // without progress
  const LONGEST_PAUSE = 30 * 1000;
  const SIGN_IN_POLL = 5 * 1000;
  const MAX_REFUSALS = 3; // in a row, although the CSRF token is current
  const STORAGE_PREFIX = "earmark.upload:"; // unfinished uploads in the browser's storage

  class ConnectionLost extends Error {}
  class SignedOut extends Error {} // or signed in again since the page was loaded: either way the CSRF token is refused

  // XMLHttpRequest, because fetch does not report the progress of an upload.
  function sendRequest(method, url, { headers = {}, body = null, csrf, progress } = {}) {
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
      // All bytes have arrived; the server may take its time to handle them.
      request.upload.addEventListener("load", () => clearTimeout(timer));
      request.addEventListener("load", () => {
        const later = [423, 429, 502, 503, 504].includes(request.status);
        if (later) reject(new ConnectionLost());
        else if ([401, 403].includes(request.status)) reject(new SignedOut());
        else resolve(request);
      });
      request.addEventListener("error", () => reject(new ConnectionLost()));
      request.addEventListener("abort", () => reject(new ConnectionLost()));
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

  // Waits until the same person is signed in again. Resolves to whether it had to wait.
  async function waitForSignIn(callbacks) {
    for (let waited = false; ; waited = true) {
      const who = await earmarkSession.renewCsrfToken().catch(() => "unknown");
      if (who === "same") return waited;
      if (who === "another") throw new Error("Somebody else is signed in now. This file was not sent to their library.");
      if (who === "nobody") callbacks.signedOut();
      await pause(SIGN_IN_POLL);
    }
  }

  function errorFrom(response) {
    try {
      return new Error(`${JSON.parse(response.responseText).detail} Nothing was stored.`);
    } catch {
      return new Error("The server could not take this file. Try again.");
    }
  }

  async function uploadWhole(file, path, endpoints, callbacks) {
    const form = new FormData();
    form.append("relative_path", path);
    form.append("file", file);
    const headers = { Accept: "text/vnd.earmark.row" };
    const response = await sendRequest("POST", endpoints.uploadUrl, { headers, body: form, csrf: endpoints.csrf, progress: callbacks.progress });
    if (response.status !== 200) throw errorFrom(response);
    return response.responseText;
  }

  // The address of an unfinished upload is stored: choosing the same file again resumes it, also after a reload.
  const keyOf = (file) => `${STORAGE_PREFIX}${file.name}|${file.size}|${file.lastModified}`;
  const remember = (key, address) => localStorage.setItem(key, JSON.stringify({ address, at: Date.now() }));
  function stored(key) {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      return {};
    }
  }
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(STORAGE_PREFIX))) {
    const age = Date.now() - stored(key).at;
    if (!(age <= UPLOAD_LIFETIME)) localStorage.removeItem(key); // also where the age is unknown
  }

  const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

  async function createUpload(file, path, key, { tusUrl, csrf }) {
    const metadata = `filename ${base64(file.name)}` + (path ? `,relativePath ${base64(path)}` : "");
    const headers = { ...TUS, "Upload-Length": file.size, "Upload-Metadata": metadata };
    const response = await sendRequest("POST", tusUrl, { headers, csrf });
    if (response.status !== 201) throw errorFrom(response);
    const address = new URL(response.getResponseHeader("Location")).pathname;
    remember(key, address);
    return address;
  }

  // Returns how many bytes of an upload the server has, "complete", or null when it does not know the upload.
  async function fetchOffset(address) {
    const response = await sendRequest("HEAD", address, { headers: TUS });
    if (response.status !== 200) return null;
    if (response.getResponseHeader("Earmark-State")) return "complete";
    return Number(response.getResponseHeader("Upload-Offset"));
  }

  async function uploadResumable(file, path, endpoints, callbacks) {
    const key = keyOf(file);
    let address = stored(key).address;
    let offset = address ? await fetchOffset(address) : null;
    if (offset === null) {
      address = await createUpload(file, path, key, endpoints);
      offset = 0;
    }
    while (offset !== "complete") {
      const at = offset;
      const response = await sendRequest("PATCH", address, {
        headers: { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": at },
        body: file.slice(at, Math.min(at + (at ? CHUNK : FIRST_CHUNK), file.size)),
        csrf: endpoints.csrf,
        progress: (sent) => callbacks.progress(at + sent),
      });
      if (response.status === 204) {
        offset = response.getResponseHeader("Earmark-State") ? "complete" : Number(response.getResponseHeader("Upload-Offset"));
      } else {
        offset = await fetchOffset(address);
        if (offset === null) throw new ConnectionLost();
        // The offset was right, so the same request would fail again.
        if (offset === at) throw errorFrom(response);
      }
    }
    localStorage.removeItem(key);
    return fetchRow(address, endpoints);
  }

  async function fetchRow(address, { uploadUrl }) {
    const id = address.split("/").at(-2);
    const response = await sendRequest("GET", `${uploadUrl}${id}/row/`);
    if (response.status !== 200) throw new ConnectionLost();
    return response.responseText;
  }

  return async function upload(file, path, endpoints, callbacks) {
    let tries = 0;
    let refusals = 0;
    const counted = {
      progress: (sent) => {
        if (sent) tries = 0;
        callbacks.progress(sent);
      },
    };
    for (;;) {
      try {
        return await (file.size > LARGE ? uploadResumable : uploadWhole)(file, path, endpoints, counted);
      } catch (error) {
        if (error instanceof SignedOut) {
          refusals = (await waitForSignIn(callbacks)) ? 0 : refusals + 1;
          if (refusals < MAX_REFUSALS) continue;
          throw new Error("The server refuses this file. Reload the page and choose it again.");
        }
        if (!(error instanceof ConnectionLost)) throw error;
      }
      // A file that was moved or changed meanwhile looks like a lost connection, too.
      await file.slice(0, 1).arrayBuffer().catch(() => {
        throw new Error("This file can no longer be read. Choose it again.");
      });
      callbacks.lost();
      await pause(Math.min(1000 * 2 ** tries, LONGEST_PAUSE));
      tries += 1;
    }
  };
})();
