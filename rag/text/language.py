"""In which language is a text? By its commonest words, which is enough for a question.

What this does not know: questions of one or two words, which count as English, and the languages
of other alphabets by name.
"""

import re
from types import MappingProxyType

_WORD = re.compile(r"[^\W\d_]+")

_COMMON = MappingProxyType(
    {
        "English": "the a an is are was what which who how when where why does do did can of to in "
        "for and with it on from by or be between many much",
        "French": "le la les un une des du de est sont que quel quelle quels quelles qui comment "
        "quand où pourquoi combien pour et avec dans sur par ce ne pas au aux peut à en se",
        "German": "der die das ein eine einen dem den des ist sind was welche welcher welches wer "
        "wie wann wo warum wozu für und mit im in von zu auf kann nicht es wird man viele",
        "Spanish": "el la los las un una del de es son qué que cuál cual quién cómo como cuándo "
        "dónde por para y con en se puede cuántos cuánto al su",
        "Italian": "il lo la gli le un una del della di è sono che quale quali chi come quando "
        "dove perché per e con in si può quanti quanto nel al cosa",
        "Portuguese": "o a os as um uma do da de é são que qual quais quem como quando onde por "
        "para e com em se pode quantos não no na ao",
        "Dutch": "de het een is zijn wat welke wie hoe wanneer waar waarom voor en met in van te "
        "op kan niet er wordt hoeveel",
    }
)
_WORDS = {name: frozenset(words.split()) for name, words in _COMMON.items()}


def language(text: str) -> str:
    """The language's English name; empty where the alphabet is none of those known here."""
    words = _WORD.findall(text.casefold())
    latin = sum(word[0] < "\u0250" for word in words)
    if words and latin <= len(words) / 2:
        return ""
    counts = {name: sum(word in common for word in words) for name, common in _WORDS.items()}
    best = max(counts, key=lambda name: counts[name])
    # English where nothing is known, and where it is as good as any.
    return best if counts[best] > max(1, counts["English"]) else "English"
