// What is done with an answer. Gradio makes the answers from Markdown, and makes one anew when it
// changes; so the buttons are put to them here, each time that one is over. `trigger` tells the
// server what was clicked, `server` gives the text of an answer.
const ICONS = {
  copy: "M9 9h10v12H9zM5 15V3h10",
  good: "M7 21V10l5-8 1 1-1 6h8v3l-3 9zM3 10h4v11H3z",
  bad: "M7 3v11l5 8 1-1-1-6h8v-3l-3-9zM3 3h4v11H3z",
  why: "M4 5h16v11H10l-5 4v-4H4z",
  quiz: "M6 3h12v18l-6-4-6 4zM12 7v5M9.5 9.5h5",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
};
const button = (does, label, pressed) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "tool";
  made.dataset.does = does;
  made.title = label;
  made.setAttribute("aria-label", label);
  if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
  made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[does]}"/></svg>`;
  return made;
};
const tools = (answer) => {
  const made = document.createElement("div");
  const thought = ["good", "bad"].find((one) => answer.classList.contains(one));
  made.className = "tools";
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", crib.tools);
  made.append(button("copy", crib.copy));
  if (placeOf(answer)) {
    made.append(button("good", crib.good, thought === "good"));
    made.append(button("bad", crib.bad, thought === "bad"));
    if (thought) made.append(button("why", crib.why));
    if (answer.classList.contains("quizzable")) {
      const quiz = button("quiz", crib.quiz);
      quiz.append(crib.quiz);
      made.append(quiz);
    }
  }
  return made;
};
const answerNth = (at) => document.querySelector(`#log .answer.nth-${at}`);
const placeOf = (answer) => /\bat-(\d+)-(\d+)\b/.exec(answer.className)?.slice(1).map(Number);

let changed = null;  // whoever works by keyboard goes on where they were
const fit = () => {
  for (const answer of document.querySelectorAll("#log .answer.over:not(:has(> .tools))")) {
    answer.append(tools(answer));
    for (const code of answer.querySelectorAll("pre")) {
      const around = document.createElement("div");
      around.className = "code";
      code.tabIndex = 0;  // it scrolls
      code.replaceWith(around);
      around.append(code, button("copy", crib.copyCode));
    }
  }
  for (const question of document.querySelectorAll("#log .question:not(.asked):not(:has(> .tool))")) {
    question.append(button("edit", crib.edit));
  }
  if (changed && document.activeElement?.matches("body")) {
    const answer = answerNth(changed.at);
    const again = answer?.querySelector(`[data-does="${changed.does}"]`);
    (again ?? answer?.querySelector(".tool"))?.focus();
    if (again) changed = null;
  }
};
new MutationObserver(fit).observe(document, { subtree: true, childList: true });
fit();

const answerOf = (dialog) => new Promise((done) => {
  dialog.returnValue = "";
  dialog.querySelector("[data-cancel]").onclick = () => dialog.close("");
  dialog.addEventListener("close", () => done(dialog.returnValue), { once: true });
  dialog.showModal();
});
const field = (id) => document.getElementById(id);
const saidIn = (answer, what) => answer.querySelector(`.thought .${what}`)?.textContent ?? "";
const copied = (made, text) => navigator.clipboard.writeText(text).then(() => {
  made.classList.add("copied");
  made.title = crib.copied;
  setTimeout(() => made.classList.remove("copied"), 1500);
}).catch(() => trigger("copy", {}));
const shownIn = (answer) => {
  const shown = answer.cloneNode(true);
  for (const part of shown.querySelectorAll(".tools, .line, .near, .follow")) part.remove();
  return shown.textContent.trim();
};
const copy = async (made, answer) => {
  const code = made.closest(".code")?.querySelector("code");
  if (code) return copied(made, code.textContent);
  const place = placeOf(answer);
  const kept = place ? await server.copied(place) : {};
  return copied(made, kept.text || shownIn(answer));
};
const rate = (answer, at, good, reason, correction) => {
  trigger("like", { at, good, reason, correction });
};
const explain = async (answer, at, good) => {
  field("thought-reason").value = saidIn(answer, "reason");
  field("thought-correction").value = saidIn(answer, "correction");
  if (!(await answerOf(field("thought-dialog")))) return;
  rate(answer, at, good, field("thought-reason").value, field("thought-correction").value);
};
const does = {
  copy,
  good: (made, answer, at) => {
    rate(answer, at, made.getAttribute("aria-pressed") === "true" ? null : true, "", "");
  },
  bad: (made, answer, at) => {
    const taken = made.getAttribute("aria-pressed") === "true";
    rate(answer, at, taken ? null : false, "", "");
    if (!taken) explain(answer, at, false);
  },
  why: (made, answer, at) => explain(answer, at, answer.classList.contains("good")),
  quiz: (made, answer, at) => trigger("select", { at }),
};
const edit = async (question) => {
  const at = nth(question);
  field("ask-question").value = question.firstChild?.textContent ?? "";
  const answer = answerOf(field("ask-dialog"));
  field("ask-question").select();
  const asked = (await answer) && field("ask-question").value.trim();
  if (asked) trigger("edit", { at, question: asked });
};
// A question that is suggested is asked as if it was typed.
const ask = (question) => {
  const field = document.querySelector("#question textarea");
  if (!field || field.disabled || document.querySelector(".status.running")) return;
  field.value = question;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => document.querySelector("#question .submit-button")?.click());
};
// A citation of an answer whose sources are not beside the talk has them brought there.
let wanted = null;
const bring = (link) => {
  wanted = { at: answerAt(link), card: link.getAttribute("href").slice(1) };
  trigger("expand", { at: wanted.at });
};
new MutationObserver(() => {
  const card = wanted && sourcesAt() === wanted.at && document.getElementById(wanted.card);
  if (!card) return;
  wanted = null;
  showCard(card);
}).observe(document, { subtree: true, childList: true });

// What an answer cites whose sources are not beside it is asked of the server, once.
const quoted = new WeakMap();
window.cribQuoted = async (link) => {
  const answer = link.closest(".answer");
  const place = placeOf(answer);
  if (!place) return null;
  if (!quoted.has(answer)) quoted.set(answer, server.copied(place));
  return (await quoted.get(answer)).quotes?.[link.getAttribute("href").replace("#src-", "")];
};

// Those before the ones that are shown of a long talk: what was read stays where it was.
let held = null;
const unfold = () => {
  const first = document.querySelector("#log .question");
  held = { at: nth(first), top: first.getBoundingClientRect().top };
  trigger("load", {});
};
new MutationObserver(() => {
  const first = held && document.querySelector("#log .question");
  if (!first || nth(first) === held.at) return;
  const { at, top } = held;
  held = null;
  const stay = () => {
    const place = document.querySelector(`#log .question.nth-${at}`);
    place?.closest(".bubble-wrap")?.scrollBy(0, place.getBoundingClientRect().top - top);
  };
  stay();
  requestAnimationFrame(stay);
}).observe(document, { subtree: true, childList: true });

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#log .before")) return unfold();
  const cited = event.target.closest?.('#log .answer a[href^="#"]');
  if (cited && !hasItsSources(cited)) return bring(cited);
  const further = event.target.closest?.("#log .follow .ask, #examples .ask");
  if (further) return ask(further.textContent);
  const made = event.target.closest?.("#log .tool");
  if (!made) return;
  if (made.dataset.does === "edit") return edit(made.closest(".question"));
  const answer = made.closest(".answer");
  const at = nth(answer);
  changed = made.dataset.does === "copy" ? null : { at, does: made.dataset.does };
  does[made.dataset.does](made, answer, at);
});
