"""Français: the page of the notes."""

from web.words.french.numbers import decimal, notes, number, passages

NOTES_LIST = "Vos notes"
NOTES_SEARCH = "Chercher une note par son nom ou par ses mots"
NOTES_ALL = "Toutes"
NOTES_STATES = {
    "indexed": "à jour",
    "changed": "modifiée",
    "new": "nouvelle",
    "moved": "déplacée",
    "gone": "disparue",
    "skipped": "laissée de côté",
}
NOTES_STATES_MORE = {
    "indexed": "L’index contient ce que dit le fichier.",
    "changed": "Le fichier a changé depuis qu’il a été lu.",
    "new": "Le fichier n’a pas encore été lu.",
    "moved": "Le fichier se trouve maintenant ailleurs.",
    "gone": "Le fichier n’est plus là.",
    "skipped": "Le fichier n’a pas pu être lu.",
}
NOTES_EMPTY = "Il n’y a pas encore de notes ici."
NOTES_EMPTY_MORE = (
    "Ajoutez-en ci-dessus : déposez des fichiers, nommez un dossier ou donnez l’adresse d’une page."
)
NOTES_NO_MATCH = "Aucune note ne porte ce nom."
NOTES_NO_MATCH_STATE = "Aucune note n’est dans cet état."
NOTES_IN_TEXT = "Dans le texte"
NOTES_TREE = "Liste des notes"
NOTES_FILTER = "Quelles notes sont montrées"
NOTES_PAGES = "Pages de la liste"
NOTES_BEFORE = "Précédent"
NOTES_NEXT = "Suivant"
NOTES_PICK = "Choisissez une note pour la lire telle qu’elle a été lue pour l’index."
NOTES_PICK_MORE = "Ses titres et les passages découpés dans son texte sont montrés à côté."
NOTES_OUTLINE = "Titres"
NOTES_TEXT = "Texte de la note"
NOTES_PASSAGES = "Montrer les passages"
NOTES_ASK = "Interroger cette note"
NOTES_BACK = "Retour à la liste"
NOTES_OPEN = "Ouvrir dans les notes"
NOTES_EARLIER = "Partie précédente"
NOTES_LATER = "Partie suivante"
NOTES_PARTS = "Parties de la note"
NOTES_LOST = "Ces mots ne sont plus dans la note ; elle est montrée depuis le début."
NOTES_MARKED = "Ce qui a été cité est surligné."


def notes_listed(first: int, last: int, total: int) -> str:
    return f"{number(first)}–{number(last)} sur {number(total)} lignes"


def notes_part(part: int, parts: int) -> str:
    return f"Partie {number(part)} sur {number(parts)}"


def notes_library(count: int, chunks: int, size: int) -> str:
    return f"{notes(count)}, {passages(chunks)}, {decimal(size / 1e6, 1)} Mo"


def notes_ago(seconds: float) -> str:
    for length, unit in ((86400, "j"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"il y a {seconds / length:.0f} {unit}"
    return "à l’instant"


def notes_read(ago: str) -> str:
    return f"lue {ago}"


def notes_in_state(count: int, state: str) -> str:
    said = NOTES_STATES[state]
    first, *rest = said.split()
    many = said if state == "indexed" else " ".join([f"{first}s", *rest])
    return f"{number(count)} {said if count < 2 else many}"
