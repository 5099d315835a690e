// Loads pages without a reload, so that the music goes on: links and forms fetch the next page, and only #content, the
// rail and the title change. Anything outside the frame (a file, the admin, the sign-in page) loads normally, as
// everything does without this script. `data-reload` on a link or form opts out; every form that leads to a file or to
// a page without the frame needs it.
//
// A form is sent once. When no response comes, or none that can be shown, the page stays and says so.
//
// Scripts and styles of a page are loaded once and stay; a page's script starts again on `htmx:after:swap`. A page that
// handles its own history cancels `earmark:return`.
(() => {
  const SAVE_AFTER = 100; // milliseconds without scrolling
  const content = document.getElementById("content");
  const samePage = (one, other) => one.pathname === other.pathname && one.search === other.search;
  let shown = new URL(location.href);
  let latest = 0;
  let current = new AbortController();
  let saving;

  // `fallback` runs when there is no page to show; it gets the response, if there is one.
  async function go(url, { method = "GET", body, restore = false, fallback = () => location.assign(url) } = {}) {
    const mine = ++latest;
    current.abort();
    current = new AbortController();
    content.setAttribute("aria-busy", "true");
    let response, text;
    try {
      response = await earmarkSession.send(url, { method, body, headers: { Accept: "text/html" }, signal: current.signal });
      const isPage = response.headers.get("Content-Type")?.startsWith("text/html") && !response.headers.has("Content-Disposition");
      if (isPage) text = await response.text();
      else current.abort();
    } catch (error) {
      if (mine !== latest) return;
      content.removeAttribute("aria-busy");
      return fallback();
    }
    if (mine !== latest) return;
    content.removeAttribute("aria-busy");
    if (response.status === 401) return;
    const next = framedPage(text);
    if (!next) return response.redirected ? location.assign(response.url) : fallback(response);
    await show(next, text, response, { url, restore, sent: method === "POST" });
  }

  function framedPage(text = "") {
    const page = new DOMParser().parseFromString(text, "text/html");
    return page.body.classList.contains("framed") ? page : null;
  }

  function showUnanswered(response) {
    const what = response ? "The server could not answer." : "No answer came.";
    earmarkSession.notice(`${what} It may have been done.`, earmarkSession.reloadLink("Reload to see"));
  }

  async function show(next, text, response, { url, restore, sent }) {
    // A form's own address need not be a page: only the address that it redirects to goes into the history.
    const address = new URL(sent && !response.redirected ? location.href : response.url);
    address.hash = new URL(url, location.href).hash;
    await Promise.all([...next.querySelectorAll("link[rel=stylesheet]")].map(loadStyle));
    if (!restore) {
      clearTimeout(saving);
      if (samePage(new URL(response.url), location) && address.hash === location.hash) history.replaceState({}, "");
      else history.pushState({}, "", address);
    }
    shown = new URL(restore ? location.href : response.url);
    document.dispatchEvent(new Event("earmark:leave"));
    for (const open of document.querySelectorAll("dialog[open]")) open.close();
    // htmx would copy an inline style to the new element of the same id, which the Content-Security-Policy forbids.
    for (const styled of content.querySelectorAll("[id][style]")) styled.removeAttribute("style");
    await htmx.swap({
      text, target: "#content", select: "#content", swap: "innerHTML strip:true", selectOOB: "#rail:innerMorph", sourceElement: content,
    });
    await loadScripts(next);
    const anchor = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (anchor) anchor.scrollIntoView();
    else scrollTo({ top: history.state?.scroll ?? 0, behavior: "instant" });
    focusOn(anchor || content.querySelector("[autofocus], h1") || content);
    const said = [...document.querySelectorAll("#messages .notice")].map((notice) => notice.innerText.replace(/\s+/g, " ").trim());
    if (said.length) earmarkAnnounce(said.join(" "));
  }

  // The same for every swap: where a style was removed again (by a menu, say), an empty attribute is left.
  document.addEventListener("htmx:before:swap", () => {
    for (const plain of document.querySelectorAll('[id][style=""]')) plain.removeAttribute("style");
  });

  function focusOn(element) {
    if (element.tabIndex < 0) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }

  function loadStyle({ href }) {
    if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    document.head.append(link);
    return new Promise((done) => (link.onload = link.onerror = done));
  }

  // One after the other, in order: a page's script may need the library before it.
  async function loadScripts(next) {
    const loaded = new Set([...document.scripts].map((script) => script.src));
    for (const { src, type } of next.querySelectorAll("script[src]")) {
      if (loaded.has(src)) continue;
      const script = Object.assign(document.createElement("script"), { src, type });
      document.head.append(script);
      await new Promise((done) => (script.onload = script.onerror = done));
    }
  }

  const isOurs = (url) => url.origin === location.origin && url.protocol.startsWith("http");

  // On the window, so that it runs after the page's own listeners: events they have handled are left alone.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("download") || link.hasAttribute("target") || link.dataset.reload !== undefined) return;
    const url = new URL(link.getAttribute("href"), location.href); // in an SVG, link.href is not a string
    if (!isOurs(url) || (url.hash && samePage(url, location))) return;
    event.preventDefault();
    go(url.href);
  });

  addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.closest("[data-reload]") || submitter?.dataset.reload !== undefined) return;
    const url = new URL(submitter?.hasAttribute("formaction") ? submitter.formAction : form.action || location.href);
    if (form.method === "dialog" || !isOurs(url)) return;
    event.preventDefault();
    const data = new FormData(form, submitter);
    if (form.method === "get") {
      url.search = new URLSearchParams(data);
      return go(url.href);
    }
    const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    form.setAttribute("aria-busy", "true");
    go(url.href, { method: "POST", body, fallback: showUnanswered }).finally(() => form.removeAttribute("aria-busy"));
  });

  // A form that is being sent is not sent again, by a double click or a second Enter. Runs before all other listeners.
  addEventListener("submit", (event) => {
    if (event.target.getAttribute("aria-busy") !== "true") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });

  // Requests of htmx are treated the same way.
  const isPost = ({ request }) => request.method === "POST";

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => (ctx.fetch = earmarkSession.send));
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (isPost(ctx)) ctx.request.form?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => ctx.request.form?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx && isPost(ctx) && ctx.text === undefined) showUnanswered();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const { raw, status } = ctx.response;
    // Keep the page as it is rather than replace a part of it with an error.
    if (status === 401 || status >= 500 || (status >= 400 && !isPost(ctx))) {
      event.preventDefault();
      if (status >= 500 && isPost(ctx)) showUnanswered(raw);
      return;
    }
    if (!isPost(ctx)) return;
    const next = framedPage(ctx.text);
    // The form of a dialog posts to another page's address and gets its response from there.
    const path = (url) => new URL(url, location.href).pathname;
    const isHere = !raw.redirected || [location.pathname, path(ctx.request.action)].includes(path(raw.url));
    if (!next || (isHere && ctx.select && next.querySelector(ctx.select))) return;
    event.preventDefault();
    show(next, ctx.text, raw, { url: raw.url, sent: true });
  });

  history.scrollRestoration = "manual";
  addEventListener("scroll", () => {
    clearTimeout(saving);
    saving = setTimeout(() => history.replaceState({ ...history.state, scroll: scrollY }, ""), SAVE_AFTER);
  });
  addEventListener("popstate", () => {
    clearTimeout(saving);
    if (location.pathname === shown.pathname && !document.dispatchEvent(new Event("earmark:return", { cancelable: true }))) return;
    if (samePage(location, shown)) return scrollTo({ top: history.state?.scroll ?? 0, behavior: "instant" });
    go(location.href, { restore: true, fallback: () => location.reload() });
  });
  if (history.state?.scroll) scrollTo({ top: history.state.scroll, behavior: "instant" });
})();
