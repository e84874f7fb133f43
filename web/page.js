document.documentElement.lang = crib.language;
// The theme that a person chose is this browser's. Gradio takes it from the address, perhaps before
// this is run, perhaps after; one that stands there already goes first.
const chosenTheme = () => {
  try { return localStorage.getItem("crib-theme") ?? "system"; } catch { return "system"; }
};
const showTheme = (theme) => {
  const url = new URL(location);
  if (theme === "system") url.searchParams.delete("__theme");
  else url.searchParams.set("__theme", theme);
  history.replaceState(history.state, "", url);
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  document.body.classList.toggle("dark", theme === "dark" || (theme === "system" && system));
};
const cribTheme = (theme) => {
  try { localStorage.setItem("crib-theme", theme); } catch { /* then it holds for this page */ }
  showTheme(theme);
};
if (chosenTheme() !== "system" && !new URL(location).searchParams.has("__theme")) {
  showTheme(chosenTheme());
}
// The place of a question, or of an answer, in the talk, of which the last may be all there is here.
const nth = (part) => Number(/\bnth-(\d+)\b/.exec(part?.className)?.[1] ?? -1);
const lastOf = (parts) => nth([...document.querySelectorAll(`#log ${parts}`)].at(-1));
// The sources of one answer are shown at a time: of the last, if they do not say of which.
const sourcesAt = () => {
  const earlier = document.querySelector("#cards [data-at]");
  return earlier ? Number(earlier.dataset.at) : lastOf('.answer[class*="nth-"]');
};
const answerAt = (link) => nth(link.closest("#log .answer"));
const hasItsSources = (link) => answerAt(link) === sourcesAt();
const showCard = (card) => {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const place = card.querySelector("mark") ?? card;
  place.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  card.classList.remove("flash");
  void card.offsetWidth;  // so that the animation starts anew
  card.classList.add("flash");
};
// Citations scroll to their card here: Gradio's <base> turns a `#src-1` link into a page load where
// the address has a query. And a path is copied at a click.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#src-"], a[href^="#near-"]');
  if (link) {
    event.preventDefault();
    const card = hasItsSources(link) && document.getElementById(link.getAttribute("href").slice(1));
    if (card) showCard(card);
  }
  const copy = event.target.closest?.("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.classList.add("copied");
      setTimeout(() => copy.classList.remove("copied"), 1500);
    });
  }
}, true);
// What a citation cites is shown beside it while it is pointed at or has the focus.
const shownQuote = () => {
  let tip = document.getElementById("quote");
  if (!tip) {
    tip = document.createElement("div");
    tip.id = "quote";
    tip.setAttribute("role", "tooltip");
    document.body.append(tip);
  }
  return tip;
};
const onCard = (card) => {
  const marks = [...card.querySelectorAll(".passage mark")].map((mark) => mark.textContent);
  const text = marks.join(" … ") || card.querySelector(".passage").textContent;
  const parts = [".title strong", ".crumbs"].map((part) => card.querySelector(part)?.textContent);
  return { text, where: parts.filter(Boolean).join(" · ") };
};
let pointed = null;
const quote = async (link) => {
  pointed = link;
  const card = hasItsSources(link) && document.getElementById(link.getAttribute("href").slice(1));
  const said = card ? onCard(card) : await window.cribQuoted?.(link);
  if (!said || pointed !== link) return;
  const tip = shownQuote();
  const name = document.createElement("small");
  name.textContent = said.where;
  tip.replaceChildren(said.text, name);
  link.setAttribute("aria-describedby", "quote");
  tip.classList.add("shown");
  const at = link.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left - 16), innerWidth - tip.offsetWidth - 8);
  const above = at.top - tip.offsetHeight - 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : at.bottom + 6}px`;
};
const unquote = () => {
  pointed = null;
  document.getElementById("quote")?.classList.remove("shown");
};
for (const begins of ["mouseover", "focusin"]) {
  document.addEventListener(begins, (event) => {
    const link = event.target.closest?.("#log a.cite");
    if (link) quote(link);
    else if (begins === "mouseover" && !event.target.closest?.("#quote")) unquote();
  });
}
for (const ends of ["focusout", "click"]) document.addEventListener(ends, unquote);
document.addEventListener("scroll", unquote, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") unquote();
});
// What was asked, and that it is searched for, is on the screen at once, until the server says the
// same: in a long talk that takes it a while.
let asked = null;
const takeBack = () => {
  if (!asked) return;
  clearTimeout(asked.timer);
  asked.row.remove();
  if (asked.status.isConnected && asked.status.dataset.asked !== undefined) {
    delete asked.status.dataset.asked;
    if (asked.status.textContent === crib.searching) {
      asked.status.className = asked.was.kind;
      asked.status.textContent = asked.was.text;
    }
  }
  asked = null;
};
const theirLast = () => lastOf(".question:not(.asked)");
const showAsked = (question) => {
  const status = document.querySelector("#status .status");
  if (!question.trim() || !status || status.classList.contains("running")) return;
  const row = document.createElement("div");
  const bubble = document.createElement("div");
  row.id = "asked";
  bubble.className = "question asked";
  bubble.textContent = question.trim();
  row.append(bubble);
  const was = { kind: status.className, text: status.textContent };
  asked = { row, status, was, last: theirLast(), timer: setTimeout(takeBack, 30_000) };
  status.dataset.asked = "";
  status.className = "status running";
  status.textContent = crib.searching;
  const list = document.querySelector("#log .message-wrap");
  if (!list) return;
  list.append(row);
  row.scrollIntoView({ block: "end" });
};
const box = () => document.querySelector("#question textarea");
document.addEventListener("keydown", (event) => {
  const submits = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (submits && event.target === box()) showAsked(event.target.value);
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#question .submit-button")) showAsked(box().value);
}, true);
// A part of the page is shown or hidden: on a wide screen what is there at first, on a narrow one
// what is not. The style sheet knows which is which.
const isShown = (id) => {
  const part = document.getElementById(id);
  return Boolean(part) && getComputedStyle(part).display !== "none";
};
const sayShown = () => {
  for (const one of document.querySelectorAll("[data-switch]")) {
    one.setAttribute("aria-expanded", String(isShown(one.dataset.switch)));
  }
};
const show = (id, shown) => {
  const { classList } = document.documentElement;
  classList.toggle(`opens-${id}`, shown);
  classList.toggle(`closes-${id}`, !shown);
  sayShown();
};
// Where the list of conversations lies over the page, it is left as such things are: by Escape, or
// by a click beside it.
const drawer = () => {
  const part = document.getElementById("history");
  return part && isShown("history") && getComputedStyle(part).position === "fixed" ? part : null;
};
const leaveDrawer = () => {
  show("history", false);
  document.querySelector("#history-switch button").focus();
};
document.addEventListener("click", (event) => {
  const one = event.target.closest?.("[data-switch]");
  if (one && drawer()?.contains(one)) leaveDrawer();
  else if (one) {
    const chat = document.getElementById("tab-chat");
    if (one.dataset.switch === "history" && chat?.offsetParent === null) {  // another page is shown
      document.querySelector('#tabs [role="tab"]')?.click();
      show("history", true);
    } else show(one.dataset.switch, !isShown(one.dataset.switch));
    drawer()?.querySelector("[data-switch]").focus();
  } else if (drawer() && !drawer().contains(event.target)) leaveDrawer();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drawer() && !document.querySelector("dialog[open]")) leaveDrawer();
});
addEventListener("resize", sayShown);
// The lines of the note open at the cited ones, and stay open when a card gets its marks.
const opened = new Set();
document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!details.matches("details[data-chunk]")) return;
  opened[details.open ? "add" : "delete"](details.dataset.chunk);
  const cited = details.querySelector(".cited");
  const lines = cited?.parentElement;
  if (lines) lines.scrollTop = cited.offsetTop - lines.clientHeight / 3;
}, true);
new MutationObserver(() => {
  if (asked && (theirLast() !== asked.last || !asked.status.isConnected)) {
    clearTimeout(asked.timer);
    asked.row.remove();
    asked = null;
  }
  const unsaid = document.querySelector("[data-switch]:not([data-seen])");
  if (unsaid) {
    unsaid.dataset.seen = "";
    sayShown();
  }
  for (const details of document.querySelectorAll("details[data-chunk]:not([data-seen])")) {
    details.dataset.seen = "";
    details.open = opened.has(details.dataset.chunk);
  }
  // Gradio labels a message with its whole markup, which a screen reader would spell out.
  for (const message of document.querySelectorAll("#log [data-testid][aria-label*='<']")) {
    message.setAttribute("aria-label", message.dataset.testid === "user" ? crib.you : crib.answer);
  }
}).observe(document, { subtree: true, childList: true, attributeFilter: ["aria-label"] });
