"use strict";

/* The copy button beside a new token. Without a clipboard (plain HTTP), the key is selected for Ctrl-C. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const said = button.closest("section").querySelector("[data-copied]");
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    said.textContent = "Copied.";
  } catch {
    field.focus();
    said.textContent = "Selected: press Ctrl-C or ⌘-C to copy.";
  }
});
