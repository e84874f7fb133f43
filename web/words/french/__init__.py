"""Français: what each is for is said in web/words/english."""

from web.words.french.chat import *  # noqa: F403
from web.words.french.errors import *  # noqa: F403
from web.words.french.evals import *  # noqa: F403
from web.words.french.login import *  # noqa: F403
from web.words.french.notes import *  # noqa: F403
from web.words.french.numbers import *  # noqa: F403
from web.words.french.quiz import *  # noqa: F403
from web.words.french.settings import *  # noqa: F403
from web.words.french.talk import *  # noqa: F403
