"use strict";

// The copy button beside a new token. Where there is no clipboard (plain HTTP), the token is selected for Ctrl-C.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const status = button.closest("section").querySelector("[data-copied]");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = "Copied.";
  } catch {
    field.focus();
    status.textContent = "Selected: press Ctrl-C or ⌘-C to copy.";
  }
});
