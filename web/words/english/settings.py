"""English: the page of settings and health."""

SETTINGS = "Settings"
SETTINGS_ANSWERS = "Answers"
SETTINGS_KEPT = "What you change here holds at once, and after the next start."
SETTINGS_NAMES = {
    "llm": "Model that reads the passages",
    "passages": "Passages found for a question",
    "prompt_tokens": "Tokens that the model is given",
    "wrong_answers": "Wrong answers that you accept, of 100",
    "strict": "Leave out what no passage says",
    "answer_cache": "Give a kept answer where the same is asked of the same passages",
    "language": "Language",
}
SETTINGS_ABOUT = {
    "llm": "Local models read on this machine; hosted ones are sent the passages.",
    "passages": "More find more, and take longer to read.",
    "prompt_tokens": "More passages fit in, and the first word comes later.",
    "wrong_answers": "Fewer means that more questions are refused.",
    "strict": "Otherwise such sentences are marked.",
    "answer_cache": "Then it comes at once. “Ask again” always asks anew.",
    "language": "Of this page.",
}
SETTINGS_NEXT_START = "The page speaks it after the next start of Cribsheet."
SETTINGS_LOOKS = "Looks"
SETTINGS_THEME = "Theme"
SETTINGS_THEMES = {"system": "as the system", "light": "light", "dark": "dark"}
SETTINGS_RUNNING = "What is running where"
SETTINGS_RUNS = {
    "model": "Answers",
    "embedding": "Finds passages",
    "home": "Index and conversations",
    "cache": "Models",
}
SETTINGS_HEALTH = "Health"
SETTINGS_UNSEEN = "Nothing was looked at yet."
SETTINGS_LOOKING = "Looking"
SETTINGS_LOOK = "Look whether all is well"
SETTINGS_REPAIR = "Repair the index"
SETTINGS_OK = "well"
SETTINGS_BAD = "not well"
SETTINGS_DIAGNOSIS = "Diagnosis"
SETTINGS_DIAGNOSIS_MORE = "To copy for whoever helps you. No keys, and nothing of your notes."


def settings_fixed(name: str) -> str:
    """Why a setting cannot be changed on the page."""
    return f"Decided by CRIB_{name.upper()} in the environment."


def settings_seen(bad: int) -> str:
    """How what was looked at is."""
    if not bad:
        return "All is well."
    return "One thing is not well." if bad == 1 else f"{bad} things are not well."
