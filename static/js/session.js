// A page may outlive the session it was loaded in. Then it says so, leads to the sign-in page and back with what was
// typed, and takes the CSRF token of the session that came after. For another person it sends nothing.
globalThis.earmarkSession = (() => {
  const { person, session, signIn } = document.body.dataset;
  const KEPT = "earmark.typed";
  const KEEPS = 3600 * 1000;
  const MOST = 50_000; // characters
  const TYPED = ":is(input:not([type=hidden], [type=password], [type=file], [type=checkbox], [type=radio]), textarea)[id]";
  const BY_SCRIPT = { "X-Requested-With": "XMLHttpRequest" }; // so that no sign-in page comes in place of the answer
  const here = () => location.pathname + location.search;
  let token;

  // ---- who is signed in

  // Takes the CSRF token of now into the page. Returns "same", or, when it has none: "nobody" or "another" person.
  async function renew() {
    const answer = await fetch(session, { cache: "no-store" });
    if (answer.status === 401) return "nobody";
    const now = await answer.json();
    if (String(now.person) !== person) return "another";
    token = now.csrf;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    for (const { dataset } of document.querySelectorAll("[data-csrf]")) dataset.csrf = token;
    return "same";
  }

  // As fetch. A form with a token of before is refused before anything is done, so it may be sent again with the new
  // one. When the answer is 401, the page says so already.
  async function send(url, { headers, ...options } = {}) {
    const isForm = Boolean(options.body);
    const ask = () => fetch(url, { ...options, headers: isForm ? { ...headers, ...BY_SCRIPT } : headers });
    let response = await ask();
    let who = response.status === 401 ? "nobody" : "same";
    if (response.status === 403 && isForm) {
      who = await renew();
      if (who === "same") {
        options.body.set("csrfmiddlewaretoken", token);
        response = await ask();
      }
    }
    if (who !== "same") {
      tellWhoIs(who, isForm);
      return new Response(null, { status: 401 });
    }
    if (response.ok) signedOutNotice()?.remove();
    return response;
  }

  // What a script wants to know; null when the answer is an error.
  async function getJson(url) {
    const response = await send(url, { headers: BY_SCRIPT });
    return response.ok ? response.json() : null;
  }

  // ---- what the page says

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
    link.addEventListener("click", keepTyped);
    return link;
  }

  const reloadLink = (text) => linkTo(here(), text);

  // In a tab of its own while files are on their way: they go on when one is back.
  function signInLink(text, { unsent = false, apart = document.querySelector("[data-tray][data-busy]") } = {}) {
    const link = linkTo(`${signIn}?${new URLSearchParams({ next: here(), ...(unsent && { unsent: 1 }) })}`, text);
    if (apart) link.target = "_blank";
    return link;
  }

  const signedOutNotice = () => document.querySelector("[data-alert^=signed-out]");

  function tellWhoIs(who, unsent) {
    const nothing = unsent ? ", so nothing was done" : "";
    if (who === "another") return notice(`Somebody else is signed in now${nothing}.`, reloadLink("Reload to see their library"));
    // What is fetched in the background says it once.
    if (!unsent && signedOutNotice()) return;
    notice(`You are signed out${nothing}.`, signInLink("Sign in to go on", { unsent }), unsent ? "signed-out unsent" : "signed-out");
  }

  // Signed in again in another tab, and back in this one.
  addEventListener("focus", async () => {
    const said = signedOutNotice();
    if (!said || (await renew().catch(() => "unknown")) !== "same") return;
    if (said.dataset.alert.endsWith("unsent")) said.replaceChildren("You are signed in again. Nothing was done: please send it again.");
    else said.remove();
  });

  // ---- what was typed

  function keepTyped() {
    const fields = [...document.querySelectorAll(`#content ${TYPED}`)].filter((field) => field.value !== field.defaultValue);
    const typed = fields.map(({ id, value }) => [id, value]);
    const kept = JSON.stringify({ person, page: here(), until: Date.now() + KEEPS, typed });
    if (kept.length <= MOST) sessionStorage.setItem(KEPT, kept);
  }

  function fillTyped() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    sessionStorage.removeItem(KEPT);
    if (kept?.person !== person || kept.page !== here() || kept.until < Date.now()) return;
    for (const [id, value] of kept.typed) {
      const field = document.getElementById(id);
      if (!field?.matches(TYPED)) continue;
      field.value = value;
      field.closest("details")?.setAttribute("open", "");
    }
  }
  fillTyped();

  return { renew, send, getJson, notice, reloadLink, signInLink };
})();
