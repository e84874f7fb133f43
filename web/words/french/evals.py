"""Français: the page of evals."""

from eval.types import Cause, Interval, Verdict
from rag.types import Status
from web.words.french.numbers import counted, decimal, number, plural

EVALS = "Évaluations"
EVALS_WHAT = (
    "Une évaluation pose des questions dont les bonnes réponses sont connues, et compte combien de "
    "fois vos notes y répondent, en citant les bonnes lignes. Vous voyez ainsi si un autre modèle, "
    "d’autres notes ou d’autres réglages sont un progrès avant de vous y fier."
)
EVALS_FIRST = "Lancez une évaluation : sans modèle, elle prend quelques secondes."
EVALS_START = "Lancer une évaluation"
EVALS_HOW = "Ce qui est demandé, et à qui"
EVALS_CASES = "Questions"
EVALS_MODEL = "Modèle"
EVALS_NO_MODEL = "aucun modèle : les phrases mêmes des notes"
EVALS_CLOSED_BOOK = "À livre fermé aussi : interroger le modèle sans les notes"
EVALS_PASSAGES = "Passages donnés au modèle"
EVALS_PASSAGES_MORE = "0 : comme dans les réglages"
EVALS_NAME = "Nom de l’essai"
EVALS_NAME_MORE = "Facultatif ; sinon, un numéro."
EVALS_STOP = "Arrêter"
EVALS_PHASES = {
    "indexing": "Lecture des notes",
    "asking": "Interrogation",
    "closed book": "Interrogation sans les notes",
}
EVALS_STOPPING = "Arrêt après la question en cours ; ce qui est fait est gardé"
EVALS_STOPPED = "Arrêté avant la première question. Relancer reprend à cet endroit."
EVALS_DONE = "L’évaluation est terminée."

EVALS_RUNS = "Essais"
EVALS_NO_RUNS = "Les essais sont gardés ici."
EVALS_MORE = "Essais plus anciens"
EVALS_RUN = "Essai"
EVALS_GONE = "Cet essai n’existe plus."
EVALS_UNFINISHED = "inachevé"
EVALS_PART_CLOSED = "à livre fermé"
EVALS_REPORT = "Rapport (HTML)"
EVALS_JSON = "Tous les chiffres (JSON)"
EVALS_DELETE = "Supprimer"
EVALS_DELETE_YES = "Supprimer l’essai"
EVALS_DELETE_NO = "Le garder"
EVALS_DELETED = "L’essai est supprimé."

EVALS_SCORES = "Résultats"
EVALS_SCORES_PLOT = "Moyenne de chaque mesure, de 0 à 1"
EVALS_METRIC = "Mesure"
EVALS_MEAN = "moyenne"
EVALS_INTERVAL = "intervalle à 95 %"
EVALS_COUNT = "questions"
EVALS_SHARE = "justes"
EVALS_CHART = "de 0 à 1"
EVALS_COSTS = "Ce que coûte une réponse"
EVALS_WITH_NOTES = "avec les notes"
EVALS_WITHOUT_NOTES = "le même modèle sans elles"
EVALS_LESS = "moins vaut mieux"
EVALS_BY_KIND = "Par type de question"
EVALS_BY_NOTE = "Par note"
EVALS_KIND = "type"
EVALS_NOTE = "note qui contient la réponse"
EVALS_NO_NOTE = "dans aucune note"
EVALS_NONE_RIGHT = "Aucune question n’a pu être notée."

EVALS_MISSES = "Questions"
EVALS_CAUSES_PLOT = "Échecs selon ce qui a fait défaut en premier"
EVALS_CAUSE_COUNT = "échecs"
EVALS_CAUSE = "Raison de l’échec"
EVALS_WHICH = "Lesquelles"
EVALS_ALL = "Toutes"
EVALS_MISSED = "Manquées"
EVALS_RIGHT = "Justes"
EVALS_SEARCH = "Chercher dans les questions"
EVALS_NO_CASES = "Aucune question ne correspond."
EVALS_EARLIER = "Précédentes"
EVALS_LATER = "Suivantes"
EVALS_BACK = "Toutes les questions"
EVALS_ASKED_BEFORE = "Demandé avant"
EVALS_WANTED = "Attendu"
EVALS_A_REFUSAL = "un refus : les notes n’y répondent pas"
EVALS_OPTIONS = "Choix proposés"
EVALS_OPTION_RIGHT = "juste"
EVALS_STANDS_IN = "Se trouve dans"
EVALS_SAID = "Réponse donnée"
EVALS_SEARCHED = "Recherche faite"
EVALS_NOTICE = "Remarque"
EVALS_FAILED = "Erreur"
EVALS_RESULT = "Résultat"
EVALS_NOT_EXPLAINED = "manquée ; personne n’a cherché pourquoi"
EVALS_FOUND = "Passages trouvés"
EVALS_HOLDS = "contient la réponse"
EVALS_NOT_GIVEN = "trouvé, non donné"
EVALS_LEGEND_TARGET = "la réponse"
EVALS_LEGEND_CITED = "ce qui est cité"
EVALS_LEGEND_WEAK = "peu étayé"
EVALS_LEGEND_UNFOUNDED = "absent des notes"
EVALS_PROMPT = "Ce que le modèle a reçu"
EVALS_CASE_SCORES = "Mesures de cette question"
EVALS_AGAIN = "Réessayer avec"
EVALS_AGAIN_DO = "Reposer la question"
EVALS_ASKING = "La question est reposée…"
EVALS_BEFORE = "avant"
EVALS_NOW = "maintenant"
EVALS_SAME_MODEL = "le modèle de l’essai"
EVALS_STATUS = {
    Status.ANSWERED: "répondu",
    Status.REFUSED: "refusé",
    Status.EXTRACTIVE: "répondu avec des phrases des notes",
    Status.INTERRUPTED: "interrompu",
}

EVALS_COMPARE = "Comparer"
EVALS_AGAINST = "Comparer avec"
EVALS_NO_OTHER = "Il n’y a pas encore d’autre essai auquel comparer celui-ci."
EVALS_CHOOSE = "Choisissez un essai auquel comparer celui-ci."
EVALS_NOTHING_SHARED = "Les deux essais n’ont aucune question en commun."
EVALS_DIFFERENCE = "différence, 0 au milieu"
EVALS_P = "p corrigé"
EVALS_VERDICT = "conclusion"
EVALS_FLIPS = "Questions qui ont basculé"
EVALS_LOST = "juste avant, faux maintenant"
EVALS_WON = "faux avant, juste maintenant"
EVALS_NO_FLIPS = "Aucune question n’a basculé."
EVALS_OTHER_CASES = "Pas les mêmes questions"

EVALS_HISTORY = "Au fil du temps"
EVALS_HISTORY_MORE = (
    "Les essais sur les mêmes questions que celui-ci, du plus ancien au plus récent."
)
EVALS_WHEN = "date"
EVALS_COMMIT = "version"
EVALS_SELDOM = "Cette mesure n’a pas été prise dans ces essais."

EVALS_LABEL = "Juger"
EVALS_LABEL_MORE = (
    "Vous dites si les réponses sont justes, sans voir ce qu’en disent les mesures. Votre avis est "
    "gardé, et montre jusqu’où l’on peut se fier aux mesures."
)
EVALS_ALL_LABELLED = "Toutes les réponses de cet essai qui peuvent être jugées l’ont été."
EVALS_LABELS = {"correct": "Juste", "partly": "En partie", "wrong": "Faux"}
EVALS_SKIP = "Passer"
EVALS_ANSWER = "Réponse"

EVALS_CAUSES = {
    Cause.NOT_IN_NOTES: "absent des notes",
    Cause.NOT_RETRIEVED: "non trouvé",
    Cause.RANKED_TOO_LOW: "trouvé trop loin pour être donné",
    Cause.MISREAD: "donné mais mal lu",
    Cause.CITED_WRONGLY: "juste mais mal cité",
    Cause.REFUSED_WRONGLY: "refusé à tort",
    Cause.ANSWERED_WRONGLY: "répondu au lieu de refuser",
    Cause.FAILED: "n’a pas pu être noté",
}
EVALS_VERDICTS = {
    Verdict.BETTER: "mieux",
    Verdict.WORSE: "moins bien",
    Verdict.EQUAL: "égal",
    Verdict.UNDECIDED: "trop peu de questions pour conclure",
}
EVALS_METRICS = {
    "recall@1": "trouvé, premier passage",
    "recall@3": "trouvé, 3 premiers passages",
    "recall@5": "trouvé, 5 premiers passages",
    "precision@5": "passages utiles, sur 5",
    "mrr": "rang réciproque",
    "ndcg@5": "classement (nDCG@5)",
    "span_recall": "lignes visées trouvées",
    "span_precision": "part utile de ce qui est trouvé",
    "span_iou": "recouvrement des lignes visées",
    "reference_match": "bonnes réponses",
    "token_f1": "mots en commun (F1)",
    "facts_said": "faits dits",
    "choice_accuracy": "bon choix",
    "similarity": "proximité de sens",
    "judged": "juste selon le juge",
    "judged_faithful": "fidèle aux notes selon le juge",
    "grounded": "phrases étayées par les notes",
    "not_found": "phrases absentes des notes",
    "carried": "étayé par ce qui est cité",
    "citation_precision": "citations aux bonnes lignes",
    "citation_recall": "bonnes lignes citées",
    "refusal_right": "refus justifiés",
    "refusal_right_quiz_only": "refus de ce que seul un quiz dit",
    "refusal_wrong": "refus à tort",
    "seconds_to_sources": "secondes jusqu’aux passages",
    "seconds_to_first_token": "secondes jusqu’au premier mot",
    "seconds_total": "secondes jusqu’à la réponse entière",
    "prompt_tokens": "jetons lus",
    "generated_tokens": "jetons écrits",
    "dollars": "dollars",
}


def evals_set(notes: str, count: int, *, shipped: bool) -> str:
    name = "Les questions fournies avec Cribsheet" if shipped else f"Le quiz de {notes}"
    return f"{name} ({number(count)})"


def evals_cases(count: int) -> str:
    return counted(count, "question")


def evals_part(done: int, total: int) -> str:
    return f"{number(done)} sur {number(total)}"


def evals_interval(one: Interval, *, percent: bool = False) -> str:
    if percent:
        return f"{100 * one.low:.0f} à {100 * one.high:.0f} %"
    return f"{one.low:.3g} à {one.high:.3g}".replace(".", ",")


def evals_about(model: str, answerable: int, unanswerable: int, seconds: float) -> str:
    return (
        f"Répond : {model}. {number(answerable)} question{plural(answerable)} auxquelles les "
        f"notes répondent, {number(unanswerable)} auxquelles elles ne répondent pas, en "
        f"{number(round(seconds, 1)).replace('.', ',')} s."
    )


def evals_stopped(done: int, total: int) -> str:
    return (
        f"Arrêté après {number(done)} sur {number(total)} ; relancer la même évaluation reprend à "
        "cet endroit."
    )


def evals_failed(count: int) -> str:
    return f"{counted(count, 'question')} sans résultat."


def evals_delete_sure(run: str) -> str:
    return f"Supprimer définitivement l’essai {run} et ses réponses ?"


def evals_page(first: int, last: int, total: int) -> str:
    return f"{number(first)} à {number(last)} sur {number(total)}"


def evals_confidence(confidence: float) -> str:
    return f"certitude {decimal(confidence, 2)}"


def evals_needed(count: int) -> str:
    return f"environ {number(count)} suffiraient"


def evals_more_rows(count: int) -> str:
    return f"et {number(count)} de plus"


def evals_to_label(count: int) -> str:
    return f"{counted(count, 'réponse')} à juger"


def evals_characters_left(count: int) -> str:
    return f"… encore {counted(count, 'caractère')} …"
