// Counts plays. A track has been played once it has sounded for half its length, or for four minutes: what counts are
// the seconds that were heard, not the position, so that a seek adds none, and a pause loses none.
(() => {
  const ENOUGH = 240; // seconds that are a play of any track
  const MOST_WAITING = 500;
  const OUTBOX = `earmark.plays.${document.body.dataset.userId}`;
  const followed = new WeakSet();
  let sounding = null; // the element that sounds, or sounded last
  let listening = null; // to one track: { src, began, heard, at, clock, counted }
  let isSending = false;

  // Adds what was heard since the last time: at most as much as time has passed.
  function listen() {
    const { src, currentTime: at, duration, seeking } = sounding;
    const clock = performance.now() / 1000;
    const isAgain = listening?.counted && at < 1 && at < listening.at;
    if (listening?.src !== src || isAgain) listening = { src, began: new Date(), heard: 0, at, clock, counted: false };
    if (!seeking) listening.heard += Math.max(0, Math.min(at - listening.at, clock - listening.clock));
    Object.assign(listening, { at, clock });
    if (listening.counted || listening.heard < Math.min(duration / 2 || ENOUGH, ENOUGH)) return;
    listening.counted = true;
    report(listening);
  }

  // Plays wait in the browser until the site has them: offline, or while the page is being closed, a request may get lost.
  // The site counts one that arrives twice once, by its moment.

  const outbox = () => JSON.parse(localStorage.getItem(OUTBOX) ?? "[]");
  const keep = (plays) => localStorage.setItem(OUTBOX, JSON.stringify(plays.slice(-MOST_WAITING)));

  function report({ src, began }) {
    // Of the address of the sound: /tracks/…/audio/.
    keep([...outbox(), [new URL("../plays/", src).pathname, began.toISOString()]]);
    sendAll();
  }

  async function sendAll() {
    if (isSending) return;
    isSending = true;
    try {
      for (let play; (play = outbox().at(-1)) && (await send(play)); ) keep(outbox().filter((one) => `${one}` !== `${play}`));
    } catch {} // offline
    isSending = false;
  }

  // Returns whether the site has answered for good. An old page has an old token, and sends it again with the new one.
  async function send([address, moment], isAgain = false) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("played_at", moment);
    const headers = { "X-Requested-With": "XMLHttpRequest" };
    const { status } = await fetch(address, { method: "POST", body, headers, keepalive: true });
    if (status === 403 && !isAgain && (await earmarkSession.renewCsrfToken()) === "same") return send([address, moment], true);
    return status < 500 && ![401, 403, 429].includes(status);
  }

  document.addEventListener("earmark:sound", ({ detail: element }) => {
    sounding = element;
    if (followed.has(element)) return;
    followed.add(element);
    for (const name of ["playing", "timeupdate", "seeking", "pause"]) {
      element.addEventListener(name, () => element === sounding && listen());
    }
    element.addEventListener("ended", () => element === sounding && (listening = null));
  });
  addEventListener("pagehide", () => sounding && listen());
  addEventListener("online", sendAll);
  sendAll();
})();
