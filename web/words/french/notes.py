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
NOTES_ADD = "Ajouter des notes"
NOTES_KEEP = "Les tenir à jour"
NOTES_DROP = "Déposez des fichiers ici, ou cliquez pour choisir"
NOTES_FOLDER = "Choisir un dossier"
NOTES_TARGET = "Dossier, fichier ou adresse"
NOTES_TARGET_MORE = "/home/moi/notes ou https://…"
NOTES_ADD_IT = "Ajouter"
NOTES_UPDATE = "Mettre à jour"
NOTES_UNDO = "Annuler la dernière lecture"
NOTES_FIND_DUPLICATES = "Chercher doublons et contradictions"
NOTES_DUPLICATES = "Notes qui disent la même chose"
NOTES_NO_DUPLICATES = "Aucune note n’en répète une autre."
NOTES_CONFLICTS = "Lignes qui se contredisent peut-être"
NOTES_NO_CONFLICTS = "Aucune note n’en contredit une autre dans les mêmes mots."
NOTES_SAME = "Identiques à l’octet près :"
NOTES_WATCH = "Lire les changements aussitôt"
NOTES_SOURCES = "Emplacements"
NOTES_REMOVE = "Retirer"
NOTES_DO_IT = "Continuer"
NOTES_FORGET = "Les oublier"
NOTES_CANCEL = "Annuler"
NOTES_PLAN = "Ce qui serait fait"
NOTES_BEGUN = "La lecture est en cours ; la ligne en haut de la page dit où elle en est."
NOTES_FILES_STAY = "Les fichiers restent à leur place ; seul l’index les oublie."
NOTES_COPIES_STAY = "Vos fichiers ne sont jamais modifiés. L’annulation rétablit tout."


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


def notes_left_out(count: int) -> str:
    if count < 2:
        return f"{number(count)} fichier a été laissé de côté :"
    return f"{number(count)} fichiers ont été laissés de côté :"


def notes_undone(restored: int, gone: int) -> str:
    return f"Annulé : {notes(restored)} comme avant, {notes(gone)} de nouveau absentes."


def notes_forgotten(count: int) -> str:
    return f"Oublié : {notes(count)}. L’annulation les rétablit."


def notes_forget_sure(source: str) -> str:
    return f"Oublier toutes les notes de {source} ?"


def notes_todo(new: int, changed: int, moved: int, deleted: int) -> str:
    said = ((new, "new"), (changed, "changed"), (moved, "moved"), (deleted, "gone"))
    known = [notes_in_state(count, state) for count, state in said if count]
    return ", ".join(known) or "à jour"


def notes_about(seconds: float) -> str:
    return f"environ {number(max(1, round(seconds)))} s"


def notes_alike(share: float) -> str:
    return f"{share * 100:.0f} % des lignes de la plus courte se trouvent dans les deux :"


def notes_more(count: int) -> str:
    return f"et {number(count)} autres"
