// Convenience only: every page works without. Copy buttons, and how much may still be written.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  });
}
for (const area of document.querySelectorAll("[data-limit]")) {
  const left = document.createElement("p");
  left.className = "count";
  area.after(left);
  const tell = () => { left.textContent = `${area.dataset.left} ${area.dataset.limit - [...area.value].length}`; };
  area.addEventListener("input", tell);
  tell();
  if (area.autofocus) area.setSelectionRange(area.value.length, area.value.length);
}
document.getElementById("refused")?.focus();
