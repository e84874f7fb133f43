"""What an exam question asks about, without what it is asked with.

"A team needs to predict a category. Which option best meets this requirement?" is about predicting
a category. Its other words stand in few notes, so both searches would take them for what matters
most. Only the person who wants something and the asking for an option are taken away: a phrase too
many left in harms less than a word of the subject lost. What this does not know: other languages,
and scenes that are set with more than a person and a wish.
"""

import re

from rag.text.words import content_words

_PERSON = (
    "team|company|business|organi[sz]ation|enterprise|startup|firm|department|agency|bank|"
    "retailer|hospital|university|school|customer|client|user|student|learner|teacher|developer|"
    "engineer|scientist|analyst|administrator|architect|manager|practitioner|researcher|person"
)
_WISH = "needs?|wants?|has|have|wishes|hopes|plans|must|would like|(?:is|are) (?:trying|looking)"
_OPTION = "options?|answers?|choices?|statements?|descriptions?|definitions?|of the following"
_FITS = "meets?|match(?:es)?|describes?|satisf(?:y|ies)|fulfil?ls?|fits?|suits?|defines?|address"
_NEED = "requirements?|needs?|goals?|scenarios?|situations?|use cases?|descriptions?|definitions?"
_SCAFFOLD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "A large retail company wants to", "You need to"
        rf"(?:\b(?:an?|the|our) (?:[\w'-]+ ){{0,3}}?(?:{_PERSON})s?|\b(?:you|we|i|they)) "
        rf"(?:also )?(?:{_WISH}) to\b",
        # "(Which service) will best meet these requirements"
        rf"\b(?:(?:best|most|will|would|can) ){{0,3}}(?:{_FITS}) "
        rf"(?:this|these|the|that) (?:{_NEED})\b",
        # "Which option", "Which of the following statements best describes (recall)"
        rf"\bwhich (?:one )?(?:(?:{_OPTION})\b ?)+(?:best (?:{_FITS})\b)?",
        r"\((?:select|choose|pick) \w+\.?\)",
    )
)
_SENTENCE_END = re.compile(r"(?<=[.?!]) ")


def essence(question: str) -> str:
    """`question` without the phrases that exam questions are asked with.

    Sentences of which only function words are left go too. A question that consists of nothing
    else is returned as it is.
    """
    bare = " ".join(question.split())
    for scaffold in _SCAFFOLD:
        bare = scaffold.sub("", bare)
    about = [part for part in _SENTENCE_END.split(bare) if content_words(part)]
    return " ".join(" ".join(about).split()) or question
