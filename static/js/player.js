// The library page's player: one audio element, started by any row's button.
(() => {
  const bar = document.querySelector("[data-player-bar]");
  const audio = bar.querySelector("[data-player-audio]");
  const toggle = bar.querySelector("[data-player-toggle]");
  const seek = bar.querySelector("[data-player-seek]");
  const time = bar.querySelector("[data-player-time]");
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function playOrPause() {
    if (audio.paused) audio.play().catch(() => {});
    else audio.pause();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-play]");
    if (!button) return;
    if (audio.getAttribute("src") === button.dataset.play) return playOrPause();
    bar.hidden = false;
    bar.querySelector("[data-player-title]").textContent = button.dataset.title;
    audio.src = button.dataset.play;
    audio.play().catch(() => {});
  });
  toggle.addEventListener("click", playOrPause);
  for (const name of ["play", "pause", "ended"]) {
    audio.addEventListener(name, () => {
      bar.classList.toggle("is-playing", !audio.paused);
      toggle.setAttribute("aria-label", audio.paused ? "Play" : "Pause");
    });
  }
  audio.addEventListener("timeupdate", () => {
    time.textContent = clock(audio.currentTime);
    if (audio.duration) seek.value = (100 * audio.currentTime) / audio.duration;
  });
  seek.addEventListener("input", () => {
    if (audio.duration) audio.currentTime = (seek.value / 100) * audio.duration;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== " " || bar.hidden || event.target.closest("input, button, a, summary, textarea, select")) return;
    event.preventDefault();
    playOrPause();
  });
})();
