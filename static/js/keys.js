// What all keyboard shortcuts share.
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

// Keys that compose a character, as in Japanese or Chinese, are no shortcuts and press nothing, not even Enter or Escape.
addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
}, { capture: true });
