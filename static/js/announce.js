// Tells screen readers what has changed where the focus is not: earmarkAnnounce("6 tracks").
globalThis.earmarkAnnounce = (() => {
  const PAUSE = 50; // milliseconds: without one, a text that is the same as before is not spoken again
  let timer;
  return (text) => {
    const region = document.querySelector("[data-announcer]");
    clearTimeout(timer);
    region.textContent = "";
    timer = setTimeout(() => (region.textContent = text), PAUSE);
  };
})();
