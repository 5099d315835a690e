// Keyboard shortcuts that work on every page, and what all of them share.
//
// earmarkKey(event) names the key that was pressed: a letter in lower case (whether Shift is held is event.shiftKey; Caps
// Lock does not count), a digit, or the name of another key, such as "Enter", " " or "?". On a layout without Latin letters
// it is the letter of that place on a Latin keyboard; on one whose digits need Shift, such as the French, the digit. In an
// open dialog there are no shortcuts, and it is "".
globalThis.earmarkKey = ({ key = "", code = "", shiftKey, target }) => {
  if (target.closest?.("dialog[open]")) return "";
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  if (/^Digit\d$/.test(code) && !shiftKey) return code.at(-1);
  if (/^Key[A-Z]$/.test(code) && /^\p{L}$/u.test(key) && !/\p{Script=Latin}/u.test(key)) return code.at(-1).toLowerCase();
  return key === "؟" ? "?" : key;
};

(() => {
  // Keys that compose a character, as in Japanese or Chinese, are no shortcuts and press nothing, not even Enter or Escape.
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  }, { capture: true });

  const isText = (element) => element.closest("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const help = () => document.querySelector("[data-keys]");
  let from = null;

  // A place that a key leads to, such as the player; the same key leads back to where one was.
  function goTo(place) {
    const { activeElement } = document;
    if (!place.contains(activeElement)) {
      from = activeElement;
      place.focus();
    } else (from?.isConnected && from !== document.body ? from : document.querySelector("h1")).focus();
  }

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isText(event.target)) return;
    const key = earmarkKey(event);
    if (key === "?" && help()) {
      event.preventDefault();
      help().showModal();
    } else if (/^[a-z]$/.test(key) && !event.shiftKey) {
      const place = document.querySelector(`[data-place="${key}"]`);
      if (!place?.checkVisibility()) return;
      event.preventDefault();
      goTo(place);
    }
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".skip-link");
    if (event.target === help()) help().close();
    else if (event.target.closest("[data-keys-open]")) help().showModal();
    else if (link) {
      // Not by the address: that would be an entry in the history.
      event.preventDefault();
      document.querySelector(link.hash).focus();
    }
  });
})();
