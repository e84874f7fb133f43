"""Français: what is done with an answer."""

from web.words.french.numbers import questions

TALK_TOOLS = "Cette réponse"
TALK_COPY = "Copier la réponse avec ses sources"
TALK_COPIED = "Copié"
TALK_NOT_COPIED = "La copie a échoué : le navigateur ne le permet pas."
TALK_GOOD = "Bonne réponse"
TALK_BAD = "Mauvaise réponse"
TALK_WHY = "Dire pourquoi, ou ce qui serait juste"
TALK_QUIZ = "En faire une question de votre quiz"
TALK_EDIT = "Modifier cette question et la reposer"
TALK_COPY_CODE = "Copier le code"

TALK_WHY_TITLE = "Que pensez-vous de cette réponse ?"
TALK_REASON = "Pourquoi (si vous voulez)"
TALK_CORRECTION = "Ce qui serait juste (si vous le savez)"
TALK_KEEP = "Garder"
TALK_EDIT_TITLE = "Posez-la en d’autres mots"
TALK_EDIT_MORE = "La réponse est remplacée, et ce qui a été demandé ensuite disparaît."
TALK_ASK = "Demander"

TALK_THOUGHT_GOOD = "Vous avez trouvé cette réponse bonne."
TALK_THOUGHT_BAD = "Vous avez trouvé cette réponse mauvaise."
TALK_RIGHT = "Ce qui serait juste :"
TALK_DRAFTED = "C’est un brouillon de votre quiz ; relisez-le avant qu’il ne compte."
TALK_STRICT = "Seulement ce qui est dans les notes"
TALK_NEAR = "Le plus proche dans vos notes"
TALK_FOLLOW = "Pour continuer"
TALK_SOURCES = "Sources :"
TALK_GONE = "Cette réponse n’est plus là ; rouvrez la discussion."


def questions_before(count: int) -> str:
    """What shows so many questions of a long talk that are not on the screen."""
    return f"Montrer les {questions(count)} d’avant" if count > 1 else "Montrer celle d’avant"
