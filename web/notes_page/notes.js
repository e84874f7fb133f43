// The list of notes and the note: `element` holds one of them, `trigger` tells the server what was
// chosen. What needs no server (going to a heading, showing the passages) is done here.
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const goTo = (place) => place?.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
const isNote = element.id === "note" || Boolean(element.closest("#note"));
const narrow = () => matchMedia("(max-width: 860px)").matches;
let line = "";
let chosen = null;
const does = {
  go: (value) => {
    const there = element.querySelector(`[data-line="${value}"]`);
    if (there) return goTo(there);
    line = value;
    trigger("select", { do: "go", value });
  },
  passages: () => {
    const { classList } = document.documentElement;
    classList.toggle("shows-passages");
    sayPassages();
  },
  back: () => {
    const list = document.getElementById("notes-list");
    list.scrollIntoView({ block: "start" });
    (list.querySelector("[aria-current]") ?? list.querySelector("input")).focus();
  },
};
const sayPassages = () => {
  const shown = document.documentElement.classList.contains("shows-passages");
  element.querySelector('[data-do="passages"]')?.setAttribute("aria-pressed", String(shown));
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const { do: what, ...more } = button.dataset;
  chosen = [what, more.value];
  if (does[what]) does[what](more.value);
  else trigger("select", { do: what, ...more });
});
const arrived = () => {
  if (!isNote) {
    // The list was made anew; whoever works by keyboard goes on where they were.
    if (!chosen || !document.activeElement?.matches("body")) return;
    const [what, value] = chosen;
    const same = [...element.querySelectorAll(`[data-do="${what}"]`)];
    same.find((one) => one.dataset.value === value)?.focus();
    return;
  }
  sayPassages();
  const place = element.querySelector("mark") ?? (line && element.querySelector(`[data-line="${line}"]`));
  line = "";
  requestAnimationFrame(() => {
    if (place) place.scrollIntoView({ block: "center" });
    else if (narrow()) element.scrollIntoView({ block: "start" });
    else document.getElementById("tab-notes").scrollTop = 0;
    element.querySelector("#note-name")?.focus({ preventScroll: true });
  });
};
watch("value", arrived);
if (isNote && element.querySelector("article")) arrived();  // it was sent before it was looked at
