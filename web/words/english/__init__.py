"""English: what each is for, and what it may hold, is said here for every language."""

from web.words.english.chat import *  # noqa: F403
from web.words.english.errors import *  # noqa: F403
from web.words.english.evals import *  # noqa: F403
from web.words.english.login import *  # noqa: F403
from web.words.english.notes import *  # noqa: F403
from web.words.english.numbers import *  # noqa: F403
from web.words.english.quiz import *  # noqa: F403
from web.words.english.settings import *  # noqa: F403
from web.words.english.talk import *  # noqa: F403
