"""Français: the quiz page."""

from eval.study.types import Rating
from web.words.french.numbers import counted, number, plural

QUIZ = "Quiz"
QUIZ_STUDY = "Réviser"
QUIZ_DRAFTS = "Brouillons"
QUIZ_PROGRESS = "Progrès"

QUIZ_WHERE = "Notes"
QUIZ_WHERE_MORE = "Choisissez des notes ou des dossiers ; sans choix, toutes."
QUIZ_MANY = "Nombre maximal de cartes"
QUIZ_WITH_DRAFTS = "Avec les brouillons que personne n’a encore relus"
QUIZ_START = "Commencer"
QUIZ_AHEAD = "Réviser en avance"
QUIZ_NONE = "Il n’y a pas encore de quiz ici"
QUIZ_NONE_MORE = (
    "Cribsheet trouve les questions que vos notes posent déjà, sous l’une de ces formes :"
)
QUIZ_FORMS = (
    "Q : Lequel ? R : Celui-ci.",
    "1. Lequel ? A. ceci B. cela Réponse : B",
    "Lequel ?::Celui-ci.",
    "Vrai ou faux : ceci. Vrai",
    "La réponse est {{c1::ceci}}.",
    "| Question | Réponse |",
    "## Quiz, et dessous : terme = définition",
    "des paquets Anki et des tableaux de cartes (CSV)",
)
QUIZ_LOOK = "Trouver le quiz de mes notes"
QUIZ_READY = "Quand vous voulez"
QUIZ_ALL_DONE = "Rien n’est à revoir"
QUIZ_NO_CHOICE = "Aucune des notes choisies n’a de carte. Choisissez-en d’autres."

QUIZ_ANSWER = "Votre réponse"
QUIZ_ANSWER_MORE = "Écrivez ce que vous savez ; Entrée montre la réponse"
QUIZ_CHOOSE_ONE = "Choisissez-en une"
QUIZ_CHOOSE_MANY = "Choisissez toutes les bonnes"
QUIZ_SURE = "En êtes-vous sûr ?"
QUIZ_SURES = ("pas sûr", "plutôt sûr", "sûr")
QUIZ_SHOW = "Montrer la réponse"
QUIZ_DRAFT = "brouillon"
QUIZ_DRAFT_MORE = "Personne n’a encore relu cette carte ; elle peut être fausse."

QUIZ_RIGHT = "Juste"
QUIZ_WRONG = "Pas juste"
QUIZ_PARTLY = "Juste en partie"
QUIZ_UNJUDGED = "Comparez vous-même"
QUIZ_OVERRULED = "selon vous"
QUIZ_YOURS = "Vous avez répondu"
QUIZ_NOTHING = "rien"
QUIZ_REFERENCE = "La réponse"
QUIZ_ALSO = "Juste aussi"
QUIZ_CHOSEN = "votre choix"
QUIZ_IS_RIGHT = "juste"
QUIZ_WAS_RIGHT = "J’avais juste"
QUIZ_WAS_WRONG = "J’avais faux"
QUIZ_PASSAGE = "Dans vos notes"
QUIZ_NO_PASSAGE = (
    "Aucune ligne de vos notes n’a été trouvée qui contienne cette réponse ; la carte est ici :"
)
QUIZ_RATE = "Le saviez-vous bien ?"
QUIZ_RATINGS = {
    Rating.AGAIN: "À revoir",
    Rating.HARD: "Difficile",
    Rating.GOOD: "Bien",
    Rating.EASY: "Facile",
}
QUIZ_UNDO = "Annuler"
QUIZ_LEAVE = "Terminer"
QUIZ_KEYS = "Touches : Entrée continue, 1 à 4 notent, U annule."
QUIZ_GONE = "Cette séance est terminée. Commencez-en une autre."

QUIZ_END = "Terminé"
QUIZ_MISSED = "Manquées"
QUIZ_MISSED_NONE = "Vous n’en avez manqué aucune."
QUIZ_MORE = "Continuer"

QUIZ_DUE = "à revoir"
QUIZ_NEW = "nouvelles"
QUIZ_KNOWN = "sues"
QUIZ_STREAK = "de suite"
QUIZ_TODAY = "réponses aujourd’hui"

QUIZ_FORECAST = "Les cartes qui reviennent"
QUIZ_FORECAST_NONE = "Une fois que vous aurez révisé, les jours à venir seront ici."
QUIZ_DAY = "jour"
QUIZ_CARDS = "cartes"
QUIZ_SURENESS = "Assurance et justesse"
QUIZ_SURENESS_NONE = (
    "Dites si vous êtes sûr avant de voir une réponse : les deux sont comparés ici."
)
QUIZ_SURENESS_MORE = "Qui sait ce qu’il sait a juste à peu près aussi souvent qu’il en est sûr."
QUIZ_HOW_SURE = "assurance"
QUIZ_HOW_RIGHT = "justes, en %"
QUIZ_ANSWERS = "réponses"
QUIZ_TABLE = "Sous forme de tableau"
QUIZ_TAKE = "Emporter les cartes"
QUIZ_TAKE_MORE = "Chaque carte dit d’où elle vient dans vos notes."
QUIZ_ANKI = "Paquet Anki"
QUIZ_CSV = "Tableau CSV"

QUIZ_WRITE = "Rédiger des cartes"
QUIZ_WRITE_MANY = "Combien"
QUIZ_WRITE_MORE = (
    "Le modèle pose des questions sur vos notes ; chaque brouillon leur est d’abord comparé."
)
QUIZ_STOP = "Arrêter"
QUIZ_STOPPED = "Arrêté ; ce qui a été rédigé est gardé."
QUIZ_BUSY = "Des cartes sont déjà en cours de rédaction ; attendez la fin, ou arrêtez-la."
QUIZ_LOOKING = "Recherche de quiz"
QUIZ_WRITING = "Rédaction de cartes"
QUIZ_LOADING = "Chargement du modèle"
QUIZ_NO_DRAFTS = "Aucun brouillon n’attend"
QUIZ_NO_DRAFTS_MORE = (
    "Trouvez le quiz qui est dans vos notes, ou laissez le modèle rédiger des cartes. Ce que vous"
    " gardez ici mesure aussi les réponses dans une évaluation."
)
QUIZ_FROM = "Origine"
QUIZ_AFTER = "Posée après"
QUIZ_QUESTION = "La question"
QUIZ_OPTION = "Choix"
QUIZ_QUOTE = "Citation"
QUIZ_UNQUOTED = "Aucune ligne des notes n’a été trouvée qui la porte."
QUIZ_NEAR = "Lignes voisines ; choisissez-en une pour la citer"
QUIZ_KEEP = "Garder"
QUIZ_MEND = "Corriger"
QUIZ_DROP = "Écarter"
QUIZ_SKIP = "Passer"
QUIZ_ONLY = "Seul le quiz y répond"
QUIZ_SAVE = "Enregistrer"
QUIZ_MEND_REFERENCES = "Réponses, une par ligne ; a & b demande les deux"
QUIZ_MEND_QUOTES = "Citations des notes, mot pour mot, une par ligne"


def quiz_place(asked: int, total: int) -> str:
    return f"Carte {number(asked)} sur {number(total)}"


def quiz_chosen(due: int, new: int) -> str:
    return f"{counted(due, 'carte')} à revoir, {counted(new, 'nouvelle')}"


def quiz_next(seconds: float) -> str:
    return f"La prochaine carte revient {quiz_in(seconds)}. Vous pouvez réviser en avance."


def quiz_in(seconds: float) -> str:
    return f"dans {_span(seconds)}"


def quiz_rating(rating: Rating, seconds: float) -> str:
    return f"{rating.value} · {QUIZ_RATINGS[rating]} · {_span(seconds)}"


def quiz_known(right: int, total: int) -> str:
    return f"{counted(right, 'carte')} sur {number(total)} sue{plural(right)} du premier coup"


def quiz_days(count: int) -> str:
    return counted(count, "jour")


def quiz_found(new: int, notes: int) -> str:
    drafts = f"{number(new)} nouveau brouillon" if new < 2 else f"{number(new)} nouveaux brouillons"
    return f"{drafts} dans {counted(notes, 'note')}"


def quiz_written(new: int, turned_down: int) -> str:
    refused = f"{counted(turned_down, 'proposition')} écartée{plural(turned_down)}"
    return f"{counted(new, 'brouillon')} ; {refused} par les contrôles"


def quiz_left(count: int) -> str:
    return f"encore {counted(count, 'brouillon')}"


def _span(seconds: float) -> str:
    if seconds >= 86_400 * 365 * 0.95:
        return counted(round(seconds / (86_400 * 365)), "an")
    if seconds >= 86_400 * 30 * 0.95:
        return f"{round(seconds / (86_400 * 30))} mois"
    if seconds >= 86_400 * 0.95:
        return counted(round(seconds / 86_400), "jour")
    if seconds >= 3_600 * 0.95:
        return f"{round(seconds / 3_600)} h"
    return f"{max(1, round(seconds / 60))} min"
