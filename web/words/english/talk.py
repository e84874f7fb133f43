"""English: what is done with an answer."""

from web.words.english.numbers import questions

TALK_TOOLS = "This answer"
TALK_COPY = "Copy the answer with its sources"
TALK_COPIED = "Copied"
TALK_NOT_COPIED = "It could not be copied: the browser does not allow it."
TALK_GOOD = "Good answer"
TALK_BAD = "Bad answer"
TALK_WHY = "Say why, or what would be right"
TALK_QUIZ = "Make it a question of your quiz"
TALK_EDIT = "Change this question and ask it again"
TALK_COPY_CODE = "Copy the code"

TALK_WHY_TITLE = "What do you think of this answer?"
TALK_REASON = "Why (if you like)"
TALK_CORRECTION = "What would be right (if you know)"
TALK_KEEP = "Keep"
TALK_EDIT_TITLE = "Ask it in other words"
TALK_EDIT_MORE = "The answer is replaced, and what was asked after it goes."
TALK_ASK = "Ask"

TALK_THOUGHT_GOOD = "You found this good."
TALK_THOUGHT_BAD = "You found this bad."
TALK_RIGHT = "Right would be:"
TALK_DRAFTED = "It is a draft in your quiz; review it before it counts."
TALK_STRICT = "Only what is in the notes"
TALK_NEAR = "Closest in your notes"
TALK_FOLLOW = "Ask next"
TALK_SOURCES = "Sources:"
TALK_GONE = "This answer is not there any more; open the conversation again."


def questions_before(count: int) -> str:
    """What shows so many questions of a long talk that are not on the screen."""
    return f"Show the {questions(count)} before" if count > 1 else "Show the question before"
