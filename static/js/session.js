// Handles pages that outlive the session they were loaded in: they say so, link to the sign-in page and restore what
// was typed, and use the CSRF token of the new session. If another person is signed in by then, nothing is sent.
globalThis.earmarkSession = (() => {
  const { userId, session, signIn } = document.body.dataset;
  const STORAGE_KEY = "earmark.typed";
  const TYPED_LIFETIME = 3600 * 1000;
  const TYPED_MAX_LENGTH = 50_000; // characters
  const TYPED = ":is(input:not([type=hidden], [type=password], [type=file], [type=checkbox], [type=radio]), textarea)[id]";
  const BY_SCRIPT = { "X-Requested-With": "XMLHttpRequest" }; // otherwise the response to a signed-out request is the sign-in page
  const here = () => location.pathname + location.search;
  // A form in a dialog, such as "Edit", is also a page of its own: what was typed is restored there.
  const formInDialog = () => document.querySelector("dialog[open] form[data-sheet-form]");
  const pageOfForm = () => (formInDialog() ? new URL(formInDialog().action).pathname : here());
  let token;

  // ---- who is signed in

  // Puts the current CSRF token into the page's forms. Returns who is signed in: the "same" person as when the page was
  // loaded, or "nobody" or "another" person, in which case the forms are left alone.
  async function renewCsrfToken() {
    const response = await fetch(session, { cache: "no-store" });
    if (response.status === 401) return "nobody";
    const current = await response.json();
    if (String(current.person) !== userId) return "another";
    token = current.csrf;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    for (const { dataset } of document.querySelectorAll("[data-csrf]")) dataset.csrf = token;
    return "same";
  }

  // Like fetch. A form with an old CSRF token is refused before anything is done, so it is sent again with the new one.
  // When this returns status 401, the page already shows a notice.
  async function send(url, { headers, ...options } = {}) {
    const isForm = Boolean(options.body);
    const before = signedOutNotice(); // one that appears meanwhile is newer than the response
    const request = () => fetch(url, { ...options, headers: isForm ? { ...headers, ...BY_SCRIPT } : headers });
    let response = await request();
    let who = response.status === 401 ? "nobody" : "same";
    if (response.status === 403 && isForm) {
      who = await renewCsrfToken();
      if (who === "same") {
        options.body.set("csrfmiddlewaretoken", token);
        response = await request();
      }
    }
    if (who !== "same") {
      showSessionNotice(who, isForm);
      return new Response(null, { status: 401 });
    }
    if (response.ok) before?.remove();
    return response;
  }

  // Returns the parsed JSON, or null when the response is an error.
  async function getJson(url) {
    const response = await send(url, { headers: BY_SCRIPT });
    return response.ok ? response.json() : null;
  }

  // ---- notices

  function notice(text, link, kind = "") {
    document.querySelector("[data-alert]")?.remove();
    const line = document.createElement("div");
    line.className = "notice notice-error";
    line.dataset.alert = kind;
    line.setAttribute("role", "alert");
    line.append(`${text} `, link);
    (document.querySelector("dialog[open]") ?? document.getElementById("messages")).prepend(line);
  }

  function linkTo(href, text) {
    const link = Object.assign(document.createElement("a"), { href, textContent: text });
    link.dataset.reload = "";
    link.addEventListener("click", saveTyped);
    return link;
  }

  const reloadLink = (text) => linkTo(here(), text);

  // Opens in a new tab while files are uploading: they go on after the sign-in.
  function signInLink(text, { unsent = false, newTab = document.querySelector("[data-tray][data-busy]") } = {}) {
    const link = linkTo(`${signIn}?${new URLSearchParams({ next: pageOfForm(), ...(unsent && { unsent: 1 }) })}`, text);
    if (newTab) link.target = "_blank";
    return link;
  }

  const signedOutNotice = () => document.querySelector("[data-alert^=signed-out]");

  function showSessionNotice(who, unsent) {
    const nothing = unsent ? ", so nothing was done" : "";
    if (who === "another") return notice(`Somebody else is signed in now${nothing}.`, reloadLink("Reload to see their library"));
    // Background requests show it only once.
    if (!unsent && signedOutNotice()) return;
    notice(`You are signed out${nothing}.`, signInLink("Sign in to go on", { unsent }), unsent ? "signed-out unsent" : "signed-out");
  }

  // The person may have signed in again in another tab.
  addEventListener("focus", async () => {
    const signedOut = signedOutNotice();
    if (!signedOut || (await renewCsrfToken().catch(() => "unknown")) !== "same") return;
    if (signedOut.dataset.alert.endsWith("unsent")) signedOut.replaceChildren("You are signed in again. Nothing was changed: please send it again.");
    else signedOut.remove();
  });

  // ---- text typed into forms

  function saveTyped() {
    const all = (formInDialog() ?? document.getElementById("content")).querySelectorAll(TYPED);
    const fields = [...all].filter((field) => field.value !== field.defaultValue);
    const typed = fields.map(({ id, value }) => [id, value]);
    const saved = JSON.stringify({ person: userId, page: pageOfForm(), until: Date.now() + TYPED_LIFETIME, typed });
    if (saved.length <= TYPED_MAX_LENGTH) sessionStorage.setItem(STORAGE_KEY, saved);
  }

  function restoreTyped() {
    const saved = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    sessionStorage.removeItem(STORAGE_KEY);
    if (saved?.person !== userId || saved.page !== here() || saved.until < Date.now()) return;
    for (const [id, value] of saved.typed) {
      const field = document.getElementById(id);
      if (!field?.matches(TYPED)) continue;
      field.value = value;
      field.closest("details")?.setAttribute("open", "");
    }
  }
  restoreTyped();

  return { renewCsrfToken, send, getJson, notice, reloadLink, signInLink };
})();
