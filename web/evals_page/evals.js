// A button in a part of the page of evals tells the server what to do, and with what.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const { do: what, id } = button.dataset;
  chosen = { what, id };
  trigger(what, { id });
});
// What was clicked is made anew, and whoever works by keyboard goes on where they were.
let chosen = null;
watch("value", () => {
  if (!chosen || !document.activeElement?.matches("body")) return;
  const same = element.querySelector(`[data-do="${chosen.what}"][data-id="${chosen.id}"]`);
  (same ?? element.querySelector("button"))?.focus({ preventScroll: Boolean(same) });
  chosen = null;
});
