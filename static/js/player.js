// The player bar: one audio element outside the content, so that it plays on from page to page.
//
// Any `[data-play]` button starts its track and queues the list around it (`[data-queue]`: what follows the rows shown).
(() => {
  const AHEAD = 20; // so many tracks before the end of what is known, the next ones are fetched
  const EARLY = 3; // seconds after which "previous" goes to the start of the same track
  const bar = document.querySelector("[data-player-bar]");
  const part = (name) => bar.querySelector(`[data-player-${name}]`);
  const audio = part("audio");
  let queue = new PlayQueue();
  let failures = 0;
  let fetching = null;

  // ---- what is played

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
    part("said").textContent = "";
    show();
  }

  function playOrPause() {
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  function step(by) {
    if (by < 0 && audio.currentTime > EARLY) return (audio.currentTime = 0);
    const to = queue.neighbour(by);
    if (to !== null) play(to);
  }

  const trackOf = ({ dataset }) => ({
    url: dataset.play, href: dataset.href, title: dataset.title, artist: dataset.artist, genre: dataset.genre, css: dataset.css,
  });

  function playFrom(button) {
    const list = button.closest("[data-queue]");
    const buttons = list ? [...list.querySelectorAll("[data-play]")] : [button];
    const { repeat, shuffled } = queue;
    queue = new PlayQueue({ tracks: buttons.map(trackOf), more: list?.dataset.queue || null, repeat });
    queue.position = buttons.indexOf(button);
    if (shuffled) queue.shuffle(true);
    play(queue.position);
  }

  // What follows in the list it was started from, a part at a time.
  async function fetchMore() {
    const asked = queue;
    if (!asked.more) return;
    try {
      const { tracks, more } = await earmarkSession.getJson(asked.more);
      asked.more = more;
      asked.add(tracks);
    } catch {
      asked.more = null;
    }
    if (asked === queue) show();
  }

  function fetchAhead({ all = false } = {}) {
    if (!queue.more || (!all && queue.tracks.length - queue.position > AHEAD)) return;
    fetching ??= fetchMore().finally(() => {
      fetching = null;
      fetchAhead({ all });
    });
  }

  // ---- what is seen

  const isCurrent = (button) => button.dataset.play === queue.current?.url;

  function markRows() {
    for (const button of document.querySelectorAll("[data-play]")) {
      const on = isCurrent(button) && !audio.paused;
      button.classList.toggle("is-playing", on);
      button.setAttribute("aria-label", `${on ? "Pause" : "Play"} ${button.dataset.title}`);
      button.closest(".row-track")?.classList.toggle("is-current", isCurrent(button));
    }
  }

  function show() {
    const { current } = queue;
    markRows();
    document.dispatchEvent(new CustomEvent("earmark:queue", { detail: queue }));
    if (!current) return;
    part("title").textContent = current.title;
    part("title").href = current.href;
    part("artist").textContent = current.artist;
    part("genre").hidden = !current.genre;
    part("genre").className = `chip ${current.css}`;
    part("genre").lastChild.textContent = current.genre;
    part("next").disabled = queue.neighbour(1) === null;
    part("shuffle").setAttribute("aria-pressed", queue.shuffled);
    part("repeat").setAttribute("aria-pressed", queue.repeat !== "off");
    part("repeat").setAttribute("aria-label", { off: "Repeat: off", all: "Repeat: the whole queue", one: "Repeat: this track" }[queue.repeat]);
    part("repeat").classList.toggle("is-one", queue.repeat === "one");
    if (navigator.mediaSession) {
      navigator.mediaSession.metadata = new MediaMetadata({ title: current.title, artist: current.artist });
    }
  }

  function showPlaying() {
    bar.classList.toggle("is-playing", !audio.paused);
    part("toggle").setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    if (navigator.mediaSession) navigator.mediaSession.playbackState = audio.paused ? "paused" : "playing";
    markRows();
  }

  function showTime() {
    const { currentTime, duration } = audio;
    part("time").textContent = duration ? `${earmarkClock(currentTime)} / ${earmarkClock(duration)}` : earmarkClock(currentTime);
    if (!duration) return;
    part("seek").value = (100 * currentTime) / duration;
    part("seek").setAttribute("aria-valuetext", `${earmarkClock(currentTime)} of ${earmarkClock(duration)}`);
  }

  // ---- buttons and keys

  document.addEventListener("click", (event) => {
    const all = event.target.closest("[data-play-all]");
    const button = all ? document.querySelector("[data-queue] [data-play]") : event.target.closest("[data-play]");
    if (!button) return;
    if (isCurrent(button) && !all) playOrPause();
    else playFrom(button);
  });
  part("toggle").addEventListener("click", playOrPause);
  part("next").addEventListener("click", () => step(1));
  part("previous").addEventListener("click", () => step(-1));
  part("shuffle").addEventListener("click", () => {
    queue.shuffle(!queue.shuffled);
    if (queue.shuffled) fetchAhead({ all: true });
    show();
  });
  part("repeat").addEventListener("click", () => {
    queue.turnRepeat();
    show();
  });
  part("seek").addEventListener("input", ({ target }) => {
    if (audio.duration) audio.currentTime = (target.value / 100) * audio.duration;
  });
  part("volume").addEventListener("input", ({ target }) => {
    audio.volume = target.value / 100;
    localStorage.setItem("volume", audio.volume);
  });
  audio.volume = Number(localStorage.getItem("volume") ?? 1);
  part("volume").value = 100 * audio.volume;

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || bar.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable], [role=menu], dialog[open]")) return;
    const acts = { N: () => step(1), P: () => step(-1) };
    // A button's own key; and a page with a strip of its own plays that, unless the bar is playing.
    const spaceIsTaken = event.target.closest("button, a, summary, input") || (audio.paused && document.querySelector("[data-strip]"));
    if (!spaceIsTaken) acts[" "] = playOrPause;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  // ---- the sound

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
    // After a whole queue of failures there is nothing to go on to.
    if (failures < queue.tracks.length && queue.neighbour(1) !== null) step(1);
    part("said").textContent = note;
  });
  // Only one sounds at a time: another player on the page says so when it starts.
  document.addEventListener("earmark:sound", ({ detail }) => {
    if (detail !== audio) audio.pause();
  });
  // A page's own player was playing when the page was left: the bar goes on with it.
  document.addEventListener("earmark:handover", ({ detail: { track, at } }) => {
    const there = queue.tracks.findIndex((one) => one.url === track.url);
    if (there < 0) queue = new PlayQueue({ tracks: [track], repeat: queue.repeat });
    play(Math.max(there, 0), at);
  });
  // The panel of the queue: jump to a track, or take one out.
  document.addEventListener("earmark:jump", ({ detail }) => play(detail));
  document.addEventListener("earmark:remove", ({ detail }) => {
    const wasCurrent = detail === queue.position;
    const wasPlaying = !audio.paused;
    queue.remove(detail);
    if (wasCurrent) load();
    if (wasCurrent && wasPlaying && queue.current) audio.play().catch(() => {});
    show();
  });
  document.addEventListener("htmx:after:swap", markRows);

  for (const [name, act] of Object.entries({
    play: () => audio.play(), pause: () => audio.pause(), nexttrack: () => step(1), previoustrack: () => step(-1),
    seekbackward: () => (audio.currentTime -= 10), seekforward: () => (audio.currentTime += 10),
    seekto: ({ seekTime }) => (audio.currentTime = seekTime),
  })) navigator.mediaSession?.setActionHandler(name, act);

  // ---- pages that do load anew: the queue is there again, and waits

  const KEY = `queue of ${bar.dataset.playerBar}`;
  addEventListener("pagehide", () => {
    const { tracks, position, more, shuffled, repeat } = queue;
    if (queue.current) sessionStorage.setItem(KEY, JSON.stringify({ tracks, position, more, shuffled, repeat, at: audio.currentTime }));
    else sessionStorage.removeItem(KEY);
  });
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept) {
    queue = new PlayQueue(kept);
    load(kept.at);
  }
})();
