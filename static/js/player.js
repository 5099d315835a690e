// The player bar: one audio element outside the content, so that the music plays on from page to page.
//
// Any `[data-play]` button plays its track and queues the list around it. The list's `data-play-queue` is the address
// of the tracks that follow those shown. A `[data-play-list]` button plays all tracks at an address.
(() => {
  const PREFETCH_TRACKS = 20; // more tracks are fetched when so few are left in the queue
  const RESTART_SECONDS = 3; // seconds after which "previous" restarts the track
  const bar = document.querySelector("[data-player-bar]");
  const element = (name) => bar.querySelector(`[data-player-${name}]`);
  const audio = element("audio");
  let queue = new PlayQueue();
  let failures = 0;
  let fetching = null;

  // ---- playing

  function play(position, at = 0) {
    queue.position = position;
    load(at);
    audio.play().catch(() => {});
    fetchAhead({ all: queue.shuffled });
  }

  function load(at = 0) {
    const { current } = queue;
    bar.hidden = !current;
    document.body.classList.toggle("has-player", !bar.hidden);
    if (!current) {
      audio.pause();
      return audio.removeAttribute("src");
    }
    audio.src = current.url;
    audio.currentTime = at;
    element("status").textContent = "";
    show();
  }

  function playOrPause() {
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  function step(by) {
    if (by < 0 && audio.currentTime > RESTART_SECONDS) return (audio.currentTime = 0);
    const to = queue.neighbour(by);
    if (to !== null) play(to);
  }

  const trackOf = ({ dataset }) => ({
    url: dataset.play, href: dataset.href, title: dataset.title, artist: dataset.artist, artist_href: dataset.artistHref,
    genre: dataset.genre, css: dataset.css, cover: dataset.cover, tile: dataset.tile,
  });

  function playFrom(button) {
    const list = button.closest("[data-play-queue]");
    const buttons = list ? [...list.querySelectorAll("[data-play]")] : [button];
    const { repeat, shuffled } = queue;
    queue = new PlayQueue({ tracks: buttons.map(trackOf), more: list?.dataset.playQueue || null, repeat });
    queue.position = buttons.indexOf(button);
    if (shuffled) queue.shuffle(true);
    play(queue.position);
  }

  // Plays all tracks of a list that may not be on the page, in their order or shuffled.
  async function playAll(address, shuffled) {
    const found = await earmarkSession.getJson(address);
    if (!found?.tracks.length) return;
    queue = new PlayQueue({ ...found, repeat: queue.repeat });
    if (shuffled) queue.shuffleAll();
    play(queue.position);
  }

  // Fetches the next tracks of the list that the queue was made from.
  async function fetchMore() {
    const source = queue;
    if (!source.more) return;
    try {
      const { tracks, more } = await earmarkSession.getJson(source.more);
      source.more = more;
      source.add(tracks);
    } catch {
      source.more = null;
    }
    if (source === queue) show();
  }

  function fetchAhead({ all = false } = {}) {
    if (!queue.more || (!all && queue.tracks.length - queue.position > PREFETCH_TRACKS)) return;
    fetching ??= fetchMore().finally(() => {
      fetching = null;
      fetchAhead({ all });
    });
  }

  // ---- showing

  const isCurrent = (button) => button.dataset.play === queue.current?.url;

  function markRows() {
    for (const button of document.querySelectorAll("[data-play]")) {
      const on = isCurrent(button) && !audio.paused;
      button.classList.toggle("is-playing", on);
      button.setAttribute("aria-label", `${on ? "Pause" : "Play"} ${button.dataset.title}`);
      button.closest(".row-track, .album-track")?.classList.toggle("is-current", isCurrent(button));
    }
  }

  // The cover, or the tile of one that has none: initials in the colour of its genre.
  function coverOf({ cover, tile = "", css = "" }) {
    if (cover) return Object.assign(new Image(56, 56), { className: "cover", src: cover, alt: "" });
    const drawn = document.createElement("span");
    drawn.className = `cover cover-tile ${css}`;
    drawn.dataset.initials = tile;
    return drawn;
  }

  function showCover(track) {
    const drawn = coverOf(track);
    if (!element("cover").firstElementChild?.isEqualNode(drawn)) element("cover").replaceChildren(drawn);
    if (!navigator.mediaSession) return;
    const { title, artist, cover } = track;
    const artwork = cover ? [{ src: new URL(cover, location).href, sizes: "320x320", type: "image/webp" }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist, artwork });
  }

  function show() {
    const { current } = queue;
    markRows();
    document.dispatchEvent(new CustomEvent("earmark:queue-change", { detail: queue }));
    if (!current) return;
    element("title").textContent = current.title;
    element("title").href = current.href;
    element("artist").textContent = current.artist;
    // Without an address it is no link.
    if (current.artist_href) element("artist").href = current.artist_href;
    else element("artist").removeAttribute("href");
    element("genre").hidden = !current.genre;
    element("genre").className = `chip ${current.css}`;
    element("genre").lastChild.textContent = current.genre;
    element("next").disabled = queue.neighbour(1) === null;
    element("shuffle").setAttribute("aria-pressed", queue.shuffled);
    element("repeat").setAttribute("aria-pressed", queue.repeat !== "off");
    element("repeat").setAttribute("aria-label", { off: "Repeat: off", all: "Repeat: the whole queue", one: "Repeat: this track" }[queue.repeat]);
    element("repeat").classList.toggle("is-one", queue.repeat === "one");
    showCover(current);
  }

  function showPlaying() {
    bar.classList.toggle("is-playing", !audio.paused);
    element("toggle").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    if (navigator.mediaSession) navigator.mediaSession.playbackState = audio.paused ? "paused" : "playing";
    markRows();
  }

  function showTime() {
    const { currentTime, duration } = audio;
    element("time").textContent = duration ? `${earmarkClock(currentTime)} / ${earmarkClock(duration)}` : earmarkClock(currentTime);
    if (!duration) return;
    element("seek").value = (100 * currentTime) / duration;
    element("seek").setAttribute("aria-valuetext", `${earmarkClock(currentTime)} of ${earmarkClock(duration)}`);
  }

  // ---- buttons and keys

  document.addEventListener("click", (event) => {
    const whole = event.target.closest("[data-play-list]");
    if (whole) return playAll(whole.dataset.playList, "shuffled" in whole.dataset);
    const all = event.target.closest("[data-play-all]");
    const button = all ? document.querySelector("[data-play-queue] [data-play]") : event.target.closest("[data-play]");
    if (!button) return;
    if (isCurrent(button) && !all) playOrPause();
    else playFrom(button);
  });
  element("toggle").addEventListener("click", playOrPause);
  element("next").addEventListener("click", () => step(1));
  element("previous").addEventListener("click", () => step(-1));
  element("shuffle").addEventListener("click", () => {
    queue.shuffle(!queue.shuffled);
    if (queue.shuffled) fetchAhead({ all: true });
    show();
  });
  element("repeat").addEventListener("click", () => {
    queue.cycleRepeat();
    show();
  });
  element("seek").addEventListener("input", ({ target }) => {
    if (audio.duration) audio.currentTime = (target.value / 100) * audio.duration;
  });
  element("volume").addEventListener("input", ({ target }) => {
    audio.volume = target.value / 100;
    localStorage.setItem("volume", audio.volume);
  });
  audio.volume = Number(localStorage.getItem("volume") ?? 1);
  element("volume").value = 100 * audio.volume;

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || bar.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable], [role=menu], dialog[open]")) return;
    const key = earmarkKey(event);
    const keyHandlers = event.shiftKey ? { n: () => step(1), p: () => step(-1) } : {};
    // Space presses a focused button. On a page with a listening strip it plays that, unless the bar is playing.
    const spaceIsTaken = event.target.closest("button, a, summary, input") || (audio.paused && document.querySelector("[data-strip]"));
    if (!spaceIsTaken) keyHandlers[" "] = playOrPause;
    const handler = keyHandlers[key];
    if (!handler) return;
    event.preventDefault();
    handler();
  });

  // ---- audio events

  audio.addEventListener("play", () => document.dispatchEvent(new CustomEvent("earmark:sound", { detail: audio })));
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, showPlaying);
  for (const name of ["timeupdate", "durationchange", "seeked"]) audio.addEventListener(name, showTime);
  audio.addEventListener("playing", () => (failures = 0));
  audio.addEventListener("ended", () => {
    if (queue.repeat === "one") play(queue.position);
    else step(1);
  });
  audio.addEventListener("error", () => {
    if (!audio.getAttribute("src")) return;
    const note = `“${queue.current.title}” could not be played.`;
    failures += 1;
    // Stop after as many failures in a row as the queue has tracks.
    if (failures < queue.tracks.length && queue.neighbour(1) !== null) step(1);
    element("status").textContent = note;
  });
  // Only one player sounds at a time: the others pause when one starts.
  document.addEventListener("earmark:sound", ({ detail }) => {
    if (detail !== audio) audio.pause();
  });
  // The page was left while its listening strip was playing: the bar goes on from there.
  document.addEventListener("earmark:handover", ({ detail: { track, at } }) => {
    const index = queue.tracks.findIndex((one) => one.url === track.url);
    if (index < 0) queue = new PlayQueue({ tracks: [track], repeat: queue.repeat });
    play(Math.max(index, 0), at);
  });
  // From the menu of a row. The first track of an empty queue plays.
  document.addEventListener("earmark:queue-add", ({ detail: { button, next } }) => {
    const track = trackOf(button);
    if (!queue.current) {
      queue = new PlayQueue({ tracks: [track], repeat: queue.repeat });
      return play(0);
    }
    if (next) queue.addNext(track);
    else queue.addLast(track);
    show();
  });
  // From the queue panel.
  document.addEventListener("earmark:queue-jump", ({ detail }) => play(detail));
  document.addEventListener("earmark:queue-remove", ({ detail }) => {
    const wasCurrent = detail === queue.position;
    const wasPlaying = !audio.paused;
    queue.remove(detail);
    if (wasCurrent) load();
    if (wasCurrent && wasPlaying && queue.current) audio.play().catch(() => {});
    show();
  });
  document.addEventListener("htmx:after:swap", markRows);

  for (const [name, handler] of Object.entries({
    play: () => audio.play(), pause: () => audio.pause(), nexttrack: () => step(1), previoustrack: () => step(-1),
    seekbackward: () => (audio.currentTime -= 10), seekforward: () => (audio.currentTime += 10),
    seekto: ({ seekTime }) => (audio.currentTime = seekTime),
  })) navigator.mediaSession?.setActionHandler(name, handler);

  // ---- pages that reload: the queue is restored, paused

  const KEY = `queue of ${bar.dataset.playerBar}`;
  addEventListener("pagehide", () => {
    const { tracks, position, more, shuffled, repeat } = queue;
    if (queue.current) sessionStorage.setItem(KEY, JSON.stringify({ tracks, position, more, shuffled, repeat, at: audio.currentTime }));
    else sessionStorage.removeItem(KEY);
  });
  const saved = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (saved) {
    queue = new PlayQueue(saved);
    load(saved.at);
  }
})();
