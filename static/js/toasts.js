// Acts after which the list stays where it is: what was done stands at the bottom of the window for a while, with its Undo.
//
// earmarkAct(url, fields) posts a form, shows the page that comes back in the place of this one, and says what it says. If
// a page comes back that asks again, because something in the form will not do, it goes to `again` instead, if that is
// given; else `done` gets the page first. A form that stays for another act needs a new key then: earmarkAct.newKey().
globalThis.earmarkAct = (() => {
  const LIFETIME = 12_000; // milliseconds that a toast stays, longer while somebody is at it
  const toasts = document.querySelector("[data-toasts]");
  const CONFLICT = 409; // the search finds other tracks by now
  const PARTS = ["#tracks[data-list]", "#track-head"];
  const OUTSIDE = { all: "#review-queue-count,#rail-playlists,#bulk-playlists", "#track-head": "#track-details,#review-queue-count,#rail-playlists" };
  let timer;
  let busy = false;
  let latestRow = null;

  function close() {
    clearTimeout(timer);
    toasts.replaceChildren();
  }

  function closeLater() {
    clearTimeout(timer);
    timer = setTimeout(() => (toasts.matches(":hover, :focus-within") ? closeLater() : close()), LIFETIME);
  }

  function show(notices) {
    if (!notices.length) return;
    for (const notice of notices) {
      notice.removeAttribute("role");
      notice.append(closer());
    }
    toasts.replaceChildren(...notices);
    earmarkAnnounce(notices.map((notice) => notice.innerText.replace(/\s+/g, " ").trim()).join(" "));
    closeLater();
  }

  // The list; of a track's page all but the strip, which may be playing; of any other page its content.
  function partOf(page) {
    const part = PARTS.find((one) => document.querySelector(one) && page.querySelector(one));
    return part ? part.replace(/\[.*/, "") : "#content";
  }

  function closer() {
    const button = document.querySelector("[data-toast-close]").content.firstElementChild.cloneNode(true);
    button.addEventListener("click", close);
    return button;
  }

  const rows = () => [...document.querySelectorAll(".row-list .row-track")];

  // The row that it was about, else the one that took its place.
  function placeFocus(row, at) {
    const place = document.getElementById(row) ?? rows()[Math.min(at, rows().length - 1)] ?? document.querySelector("h1");
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }

  async function act(url, fields, { row = latestRow, again, done } = {}) {
    if (busy) return;
    busy = true;
    const before = location.href;
    const at = rows().findIndex(({ id }) => id === row);
    latestRow = row;
    try {
      fields.set("next", location.pathname + location.search);
      const response = await earmarkSession.send(url, { method: "POST", body: fields, headers: { Accept: "text/html" } });
      if (response.status === 401) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      // The page was about what is gone now.
      if (response.status === 404) return location.assign(document.querySelector(".brand").href);
      if (again && !response.redirected && (response.ok || response.status === CONFLICT)) return again(page);
      if (!response.ok || !page.body.classList.contains("framed")) return unanswered("The server could not answer.");
      done?.(page);
      const notices = [...page.querySelectorAll("#messages > .notice")];
      for (const notice of notices) notice.remove();
      close();
      if (location.href === before) {
        const part = partOf(page);
        await htmx.swap({
          text: page.documentElement.outerHTML, target: part, select: part, swap: "outerMorph",
          selectOOB: OUTSIDE[part] ?? OUTSIDE.all, sourceElement: document.querySelector(part),
        });
        document.dispatchEvent(new Event("earmark:list-changed"));
        if (document.activeElement === document.body || !document.activeElement.checkVisibility()) placeFocus(row, Math.max(at, 0));
      }
      show(notices.map((notice) => document.adoptNode(notice)));
    } catch {
      unanswered("No answer came.");
    } finally {
      busy = false;
    }
  }

  const unanswered = (what) =>
    earmarkSession.notice(`${what} It may have been done.`, earmarkSession.reloadLink("Reload to see"));

  document.addEventListener("submit", (event) => {
    if (!event.target.closest("[data-toasts]")) return;
    event.preventDefault();
    act(event.target.action, new URLSearchParams(new FormData(event.target, event.submitter)));
  });
  for (const name of ["earmark:leave", "earmark:message"]) document.addEventListener(name, close);

  act.newKey = () => `${Date.now()}-${Math.random()}`;
  return act;
})();
