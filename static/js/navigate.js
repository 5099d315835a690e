// From page to page without a reload, so that the music goes on: links and forms fetch the next page, and only what
// is in #content, the rail and the title changes. Whatever is no page of the frame (a file, the admin, the sign-in
// page) loads as ever, and so does everything without this script. A link or form with `data-reload` opts out: every
// form whose answer is a file or a page without the frame.
//
// A form is sent once. When no answer comes, or none that can be shown, the page stays and says so.
//
// Scripts and styles of a page are loaded once and stay; a page's script starts again on `htmx:after:swap`. On the way
// back, a page that handles its own addresses may cancel `earmark:return`.
(() => {
  const SAVE_AFTER = 100; // milliseconds without scrolling
  const content = document.getElementById("content");
  const samePage = (one, other) => one.pathname === other.pathname && one.search === other.search;
  let shown = new URL(location.href);
  let latest = 0;
  let current = new AbortController();
  let saving;

  // `leave` does what is to be done when there is no page to show; it gets the answer, if there is one.
  async function go(url, { method = "GET", body, restore = false, leave = () => location.assign(url) } = {}) {
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
      return leave();
    }
    if (mine !== latest) return;
    content.removeAttribute("aria-busy");
    if (response.status === 401) return;
    const next = framedPage(text);
    if (!next) return response.redirected ? location.assign(response.url) : leave(response);
    await show(next, text, response, { url, restore, sent: method === "POST" });
  }

  function framedPage(text = "") {
    const page = new DOMParser().parseFromString(text, "text/html");
    return page.body.classList.contains("framed") ? page : null;
  }

  function tellUnanswered(response) {
    const what = response ? "The server could not answer." : "No answer came.";
    earmarkSession.notice(`${what} It may have been done.`, earmarkSession.reloadLink("Reload to see"));
  }

  async function show(next, text, response, { url, restore, sent }) {
    // Where a form leads may be no address to come back to: only where it was redirected is.
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
    // htmx would hand a style on to the next element of the same id, by an attribute, which the policy forbids.
    for (const styled of content.querySelectorAll("[id][style]")) styled.removeAttribute("style");
    await htmx.swap({
      text, target: "#content", select: "#content", swap: "innerHTML strip:true", selectOOB: "#rail:innerMorph", sourceElement: content,
    });
    await loadScripts(next);
    const anchor = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (anchor) anchor.scrollIntoView();
    else scrollTo({ top: history.state?.scroll ?? 0, behavior: "instant" });
    focusOn(anchor || content.querySelector("[autofocus], h1") || content);
  }

  // So for every swap: what a style was taken off again (by a menu, say) still has an empty attribute.
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

  // In their order, one after the other: a page's script may use the library before it.
  async function loadScripts(next) {
    const there = new Set([...document.scripts].map((script) => script.src));
    for (const { src, type } of next.querySelectorAll("script[src]")) {
      if (there.has(src)) continue;
      const script = Object.assign(document.createElement("script"), { src, type });
      document.head.append(script);
      await new Promise((done) => (script.onload = script.onerror = done));
    }
  }

  const isOurs = (url) => url.origin === location.origin && url.protocol.startsWith("http");

  // On the window, after every listener of the page's own: what one of them has handled is left alone.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.hasAttribute("download") || link.hasAttribute("target") || link.dataset.reload !== undefined) return;
    const url = new URL(link.getAttribute("href"), location.href); // a link in a picture has no text as its href
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
    go(url.href, { method: "POST", body, leave: tellUnanswered }).finally(() => form.removeAttribute("aria-busy"));
  });

  // While a form is on its way, it is not sent again: not by a double click, not by a second Enter. Before all others.
  addEventListener("submit", (event) => {
    if (event.target.getAttribute("aria-busy") !== "true") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });

  // What htmx sends and gets is treated the same.
  const isPost = ({ request }) => request.method === "POST";

  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => (ctx.fetch = earmarkSession.send));
  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (isPost(ctx)) ctx.request.form?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => ctx.request.form?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx && isPost(ctx) && ctx.text === undefined) tellUnanswered();
  });
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    const { raw, status } = ctx.response;
    // The page stays as it is, rather than lose the part that was asked for.
    if (status === 401 || status >= 500 || (status >= 400 && !isPost(ctx))) {
      event.preventDefault();
      if (status >= 500 && isPost(ctx)) tellUnanswered(raw);
      return;
    }
    if (!isPost(ctx)) return;
    const next = framedPage(ctx.text);
    // A sheet sends its form to a page of its own, and gets the answer from there.
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
    go(location.href, { restore: true, leave: () => location.reload() });
  });
  if (history.state?.scroll) scrollTo({ top: history.state.scroll, behavior: "instant" });
})();
