// The list of conversations is clicked: `element` holds it, `trigger` tells the server what was
// chosen, `server` gives the text of an export.
const answerOf = (dialog) => new Promise((done) => {
  dialog.returnValue = "";
  dialog.addEventListener("close", () => done(dialog.returnValue), { once: true });
  dialog.showModal();
});
const does = {
  select: (id) => {
    const drawer = document.getElementById("history");
    if (getComputedStyle(drawer).position === "fixed") drawer.querySelector("[data-switch]").click();
    trigger("select", { id });
  },
  edit: async (id, title) => {
    const dialog = document.getElementById("edit-dialog");
    const field = dialog.querySelector("input");
    dialog.querySelector("[data-cancel]").onclick = () => dialog.close("");
    field.value = title;
    const answer = answerOf(dialog);
    field.select();
    if (await answer) trigger("edit", { id, title: field.value });
  },
  delete: async (id, title) => {
    const dialog = document.getElementById("delete-dialog");
    dialog.querySelector("[data-title]").textContent = title;
    if (await answerOf(dialog)) trigger("delete", { id });
  },
  download: async (id) => {
    const { name, text } = await server.export_chat(id);
    if (!name) return trigger("download", { error: text });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
  more: () => trigger("expand", {}),
};
// The list is made anew after a change, and whoever works by keyboard goes on where they were.
let changed = null;
watch("value", () => {
  if (changed === null || !document.activeElement?.matches("body")) return;
  const same = element.querySelector(`[data-id="${changed}"] summary`);
  (same ?? document.querySelector("#search input")).focus();
  changed = null;
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const item = button.closest("li");
  const menu = button.closest("details");
  if (menu) {
    changed = Number(item.dataset.id);
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  does[button.dataset.do](Number(item?.dataset.id), item?.querySelector(".title").textContent);
});
