// The listening strip: waveform, genre timeline and spectrogram on one time axis, with one cursor.
(() => {
  const STEP = 5; // seconds an arrow key goes
  const nonce = document.querySelector("script[nonce]").nonce;
  // A model is never completely sure, so never 0 % or 100 %. Like the template filter for probabilities.
  const percent = (p) => ({ 0: "< 1 %", 100: "> 99 %" })[Math.round(100 * p)] ?? `${Math.round(100 * p)} %`;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const { getJson } = earmarkSession;
  const title = (genre) => (genre === "hiphop" ? "Hip-hop" : genre[0].toUpperCase() + genre.slice(1));

  const running = new Map(); // strip element -> { isPlaying(), end() }

  async function start(strip, playsAtOnce) {
    strip.dataset.started = "";
    const ended = new AbortController();
    const { signal } = ended;
    let wave;
    running.set(strip, {
      isPlaying: () => (wave ? wave.isPlaying() : playsAtOnce),
      end() {
        ended.abort();
        wave?.destroy();
      },
    });
    const element = (name) => strip.querySelector(`[data-strip-${name}]`);
    const duration = Number(strip.dataset.duration);
    const [waveform, timeline] = await Promise.all([getJson(strip.dataset.peaks), getJson(strip.dataset.timeline)]);
    if (ended.signal.aborted || !waveform || !timeline) return;

    wave = WaveSurfer.create({
      container: element("wave"), url: strip.dataset.audio, peaks: [waveform.peaks], duration, height: "auto", cursorWidth: 0,
      interact: false, normalize: true, barWidth: 2, barGap: 1, barRadius: 1, cspNonce: nonce,
      waveColor: colour("--em-muted"), progressColor: colour("--em-accent"),
    });
    if (element("table")) fillTable(element("table").tBodies[0], timeline);
    const draw = () => drawTimeline(element("timeline"), timeline, rowsBeside(element("genres")), duration);
    draw();
    new ResizeObserver(draw).observe(element("timeline"));
    document.addEventListener("earmark:theme", () => {
      wave.setOptions({ waveColor: colour("--em-muted"), progressColor: colour("--em-accent") });
      draw();
    }, { signal });

    const seek = element("seek");
    function show(time) {
      element("cursor").style.left = `${(100 * time) / duration}%`;
      element("time").textContent = `${earmarkClock(time)} / ${earmarkClock(duration)}`;
      seek.setAttribute("aria-valuenow", Math.round(time));
      seek.setAttribute("aria-valuetext", `${earmarkClock(time)}, ${genresAt(timeline, time)}`);
    }
    function goTo(time) {
      const to = Math.min(Math.max(time, 0), duration);
      wave.setTime(to);
      show(to);
    }
    const timeAt = (event) => {
      const box = seek.getBoundingClientRect();
      return (duration * (event.clientX - box.left)) / box.width;
    };
    seek.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      seek.setPointerCapture(event.pointerId);
      goTo(timeAt(event));
    });
    seek.addEventListener("pointermove", (event) => {
      if (seek.hasPointerCapture(event.pointerId)) goTo(timeAt(event));
      const time = timeAt(event);
      element("readout").textContent = `${earmarkClock(Math.max(time, 0))}: ${genresAt(timeline, time)}`;
    });
    seek.addEventListener("pointerleave", () => (element("readout").textContent = ""));

    const playButton = element("play");
    playButton.addEventListener("click", () => wave.playPause());
    for (const name of ["play", "pause", "finish"]) {
      wave.on(name, () => {
        strip.classList.toggle("is-playing", wave.isPlaying());
        playButton.setAttribute("aria-label", wave.isPlaying() ? "Pause" : "Play");
      });
    }
    wave.on("timeupdate", show);
    // Only one player sounds at a time; when the page is left while the strip plays, the player bar goes on.
    const sound = wave.getMediaElement();
    wave.on("play", () => document.dispatchEvent(new CustomEvent("earmark:sound", { detail: sound })));
    document.addEventListener("earmark:sound", ({ detail }) => {
      if (detail !== sound) wave.pause();
    }, { signal });
    document.addEventListener("earmark:leave", () => {
      if (!wave.isPlaying()) return;
      const { audio: url, href, title: name, artist, artistHref, genre, css, cover, tile } = strip.dataset;
      const track = { url, href, title: name, artist, artist_href: artistHref, genre, css, cover, tile };
      const detail = { track, at: wave.getCurrentTime() };
      wave.pause();
      document.dispatchEvent(new CustomEvent("earmark:handover", { detail }));
    }, { signal });
    wave.on("error", () => (element("readout").textContent = "This browser could not play the track. Download it instead."));

    addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const elsewhere = event.target.closest("input, textarea, select, [role=menu], .dropdown");
      const onButton = event.target.closest("button, a, summary");
      if (elsewhere || (onButton && [" ", "Enter"].includes(event.key))) return;
      const now = wave.getCurrentTime();
      const keyHandlers = {
        " ": () => wave.playPause(),
        ArrowLeft: () => goTo(now - STEP),
        ArrowRight: () => goTo(now + STEP),
        Home: () => goTo(0),
        End: () => goTo(duration),
      };
      const key = earmarkKey(event);
      const letters = event.shiftKey ? {} : { g: "[data-genre-picker]", z: "[data-undo-genre]" };
      const pressed = { Enter: "[data-confirm-genre]", ...letters }[key];
      const button = pressed && document.querySelector(pressed);
      if (!button && !keyHandlers[key]) return;
      event.preventDefault();
      if (button) button.click();
      else keyHandlers[key]();
    }, { signal });
    if (strip.dataset.from) wave.once("ready", () => goTo(Number(strip.dataset.from)));
    strip.dataset.ready = "";
    // Before "ready" there is no source to play. The browser may still require a click first.
    if (playsAtOnce) wave.once("ready", () => wave.play().catch(() => {}));
  }

  function segmentAt({ segments }, time) {
    return segments.find(([, end]) => time < end) ?? segments.at(-1);
  }

  function ranked(genres, shares) {
    return genres.map((genre, i) => [genre, shares[i]]).sort((a, b) => b[1] - a[1]);
  }

  // Returns the three likeliest genres at a time, such as "Blues 62 %, Rock 20 %, Country 7 %".
  function genresAt(timeline, time) {
    const segment = segmentAt(timeline, time);
    if (!segment) return "";
    return ranked(timeline.genres, segment[2]).slice(0, 3).map(([g, p]) => `${title(g)} ${percent(p)}`).join(", ");
  }

  // The genre, top and height of each name that is shown in the list. A strip without names shows the likeliest genre of
  // each stretch, in one row; on a phone, a question does so, too (review_queue.css hides the names).
  function rowsBeside(list) {
    if (!list?.checkVisibility()) return null;
    const shown = [...list.querySelectorAll("[data-genre]")].filter((name) => name.checkVisibility());
    return shown.map((name) => ({ genre: name.dataset.genre, top: name.offsetTop - list.offsetTop, height: name.offsetHeight }));
  }

  // A row for each genre of `rows`, or one for the likeliest; a cell per segment, whose opacity is the probability.
  function drawTimeline(canvas, { genres, segments }, rows, duration) {
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    const colours = genres.map((genre) => colour(`--${genre}`));
    for (const [start, end, shares] of segments) {
      const left = (width * start) / duration;
      const right = (width * end) / duration;
      const likeliest = { genre: genres[shares.indexOf(Math.max(...shares))], top: 0, height };
      for (const row of rows ?? [likeliest]) {
        const index = genres.indexOf(row.genre);
        ctx.fillStyle = colours[index];
        ctx.globalAlpha = rows ? shares[index] : 0.2 + 0.8 * shares[index];
        ctx.fillRect(left, row.top + 1, Math.max(right - left - (right - left > 4 ? 1 : 0), 0.5), row.height - 2);
      }
    }
  }

  function fillTable(body, { genres, segments }) {
    for (const [start, end, shares] of segments) {
      const [genre, share] = ranked(genres, shares)[0];
      const row = body.insertRow();
      for (const text of [earmarkClock(start), earmarkClock(end), title(genre), percent(share)]) row.insertCell().textContent = text;
    }
  }

  // Ends strips that were removed from the page; the one that replaces a playing strip may go on playing. On a new page,
  // one may play by itself, unless something else does.
  let playing = false;
  function startAll(swapped) {
    const isNewPage = !swapped || swapped.detail.ctx.select === "#content";
    const isQuiet = [...document.querySelectorAll("audio")].every((audio) => audio.paused);
    for (const [strip, { end }] of running) {
      if (strip.isConnected) continue;
      running.delete(strip);
      end();
    }
    for (const strip of document.querySelectorAll("[data-strip]:not([data-started])")) {
      const playsItself = isNewPage && isQuiet && "autoplay" in strip.dataset;
      start(strip, playsItself || (playing && "keepPlaying" in strip.dataset));
    }
  }
  startAll();
  // Looked up before the swap, because the browser pauses media that are removed from the page.
  document.addEventListener("htmx:before:swap", () => {
    playing = [...running.values()].some((strip) => strip.isPlaying());
  });
  document.addEventListener("htmx:after:swap", startAll);
})();
