// The quiz by keyboard. What a key does is what the button with the same words does, so that the
// server knows one way only. Where a person types, keys are letters.
const quizState = () => document.querySelector("#quiz .quiz-state");
const quizPress = (id) => {
  const button = document.getElementById(id);
  if (!button || button.disabled || !button.checkVisibility()) return false;
  button.click();
  return true;
};
const quizOption = (number) => {
  const asks = { one: "#quiz-one", many: "#quiz-several" }[quizState().dataset.asks];
  const option = asks && document.querySelectorAll(`${asks} input`)[number - 1];
  option?.click();
  return Boolean(option);
};
document.addEventListener("keydown", (event) => {
  const state = quizState();
  if (!state?.closest("#quiz").checkVisibility() || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const typed = event.target.closest?.('textarea, input:not([type="radio"], [type="checkbox"])');
  const pressed = event.target.closest?.("button, a, summary, [role=tab]");
  const { stage, suggested } = state.dataset;
  let done = false;
  if (typed?.checkVisibility()) return; // one that is gone keeps the focus until the next frame
  if (event.key === "Enter" && !pressed) {
    if (stage === "ask") done = quizPress("quiz-show");
    if (stage === "reveal") done = quizPress(`quiz-rating-${suggested}`);
    if (stage === "end") done = quizPress("quiz-more");
  } else if (/^[1-9]$/.test(event.key)) {
    if (stage === "reveal") done = quizPress(`quiz-rating-${event.key}`);
    if (stage === "ask") done = quizOption(Number(event.key));
  } else if (event.key.toLowerCase() === "u") done = quizPress("quiz-undo");
  if (done) event.preventDefault();
});
// The page of notes opens what is clicked among the sources of the chat; so it is clicked there.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("#quiz-page .open-note");
  const sources = document.querySelector("#cards .html-container > div");
  if (!opener || !sources) return;
  const copy = opener.cloneNode(true);
  sources.append(copy);
  copy.click();
  copy.remove();
});
// Whoever goes on is taken to where they go on: the answer's field, or what came of it.
let quizShown = "";
new MutationObserver(() => {
  const state = quizState();
  if (!state) return;
  const { stage, asks, card } = state.dataset;
  const shown = `${stage} ${card}`;
  if (shown === quizShown) return;
  const first = quizShown === "";
  quizShown = shown;
  const place = {
    ask: asks === "text" ? "#quiz-text textarea" : ".quiz-question",
    reveal: ".quiz-verdict h3",
    end: ".quiz-end h2",
  }[stage];
  if (!place || first) return;
  requestAnimationFrame(() => document.querySelector(`#quiz ${place}`)?.focus());
}).observe(document, { subtree: true, childList: true });
