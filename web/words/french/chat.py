"""Français: the chat, and what all pages share."""

from collections.abc import Iterable, Sequence

from ingest.types import Phase
from rag.chats.staleness import Change, CitedNow
from rag.types import Style, Usage
from web.words.french.numbers import be, decimal, notes, number, passages, plural, sentences

LANGUAGE = "français"

CHAT = "Discussion"
YOU = "Vous"
ANSWER = "Réponse"
NOTES = "Notes"
READ_BY = "Lues par"
NAME = "Cribsheet"
TAGLINE = "Des réponses tirées de vos propres notes"

ASK = "Interrogez vos notes"
ASK_LABEL = "Question"
NOT_YET = "Lecture de vos notes"
NO_NOTES = "Il n’y a pas encore de notes à interroger"
EMPTY_CHAT = "Que voulez-vous savoir ?"
EMPTY_CHAT_MORE = "Chaque réponse montre les lignes de vos notes sur lesquelles elle repose."
RETRY = "Reposer"
NEW_CHAT = "Nouvelle discussion"
REFRESH = "Relire les notes"
REFRESH_RETRY = "Réessayer"
HALT = "Arrêter"
HALTING = "Arrêt en cours"
HALTING_MORE = "Ce qui est en train d’être lu est d’abord terminé."
HALTED = f"Arrêté. Ce qui a été lu est gardé ; « {REFRESH} » reprend à cet endroit."

PHASES = {
    Phase.SCANNING: "Recherche des notes",
    Phase.READING: "Lecture",
    Phase.EMBEDDING: "Calcul des vecteurs",
    Phase.INDEXING: "Écriture de l’index",
}

SEARCHING = "Recherche dans vos notes"
WRITING = "Rédaction"
STOPPED = "Arrêté. La réponse n’est pas allée plus loin."
STOPPED_EARLY = "Arrêté avant le début de la réponse."
INTERRUPTED = "Le modèle a été interrompu. La réponse n’est pas allée plus loin."
UNEXPECTED = "Une erreur s’est produite de notre côté ; le journal du programme dit laquelle."

CHATS = "Discussions"
SEARCH_CHATS = "Chercher une discussion"
NO_CHATS = "Ce que vous demandez est gardé ici."
NO_SUCH_CHAT = "Aucune discussion ne contient ces mots."
MORE_CHATS = "En montrer plus"
YESTERDAY = "hier"
CHAT_MENU = "Renommer, exporter ou supprimer"
RENAME = "Renommer"
NEW_TITLE = "Nouveau titre"
EXPORT = "Exporter"
DELETE = "Supprimer"
DELETE_SURE = "Supprimer la discussion"
DELETE_MORE = "Elle est supprimée définitivement."
DELETE_NOT = "La garder"
CANCEL = "Annuler"
CLOSE = "Fermer"
STALE_CHAT = "notes modifiées"
STALE_CHAT_MORE = "Une réponse repose sur des mots que vos notes ne contiennent plus."
BUSY = "Une réponse est en cours de rédaction ; arrêtez-la d’abord."

OPTIONS = "Options"
WHERE = "Chercher dans"
WHERE_ALL = "toutes les notes"
STYLE = "Style"
MODEL = "Modèle"
NO_MODEL = "aucun : les phrases mêmes des notes"
STYLES = {
    Style.SHORT: "court",
    Style.DETAILED: "détaillé",
    Style.STEPS: "étape par étape",
    Style.LIST: "en liste",
    Style.COMPARE: "en comparaison",
}
STANDIN = "Tiré des notes, pendant que le modèle lit"
STANDIN_FAILED = "Tiré des notes, sans le modèle"

WEAK = "vos notes ne le disent qu’en partie"
WEAK_MORE = "Vos notes ne disent cette phrase qu’en partie : lisez la source avant de vous y fier."
MISSING = "pas dans vos notes"
MISSING_MORE = "Aucun passage lu ne dit cela : le modèle l’a peut-être inventé."

CACHED = "déjà répondu"

SOURCES = "Sources"
SOURCES_EMPTY = "Les passages sur lesquels repose une réponse apparaissent ici."
SOURCES_NONE = "Rien dans vos notes n’est proche de cette question."
ALSO_READ = "Lus aussi"
ALSO_FOUND = "Trouvés aussi, non lus"
READ_ONLY = "Passages les plus proches"
SHOW_IN_NOTE = "Montrer dans la note"
COPY = "Copier"

SENTENCES = "les phrases mêmes des notes, sans modèle de langue"
LOCAL_SUFFIX = ", on this machine"  # as the library says it
STAYS = "sur cette machine"
LEAVES = "des passages quittent cette machine"


def model(llm: str, host: str = "") -> str:
    return NO_MODEL if llm == "none" else f"{llm} · {host or STAYS}"


def remark(hosts: Sequence[str]) -> str:
    return (
        "Des passages quittent cette machine : vos questions, et ce que vos notes en disent, sont"
        f" envoyés à {' et '.join(hosts)}."
    )


def doubts(weak: int, missing: int) -> str:
    said = []
    if missing:
        said.append(f"{sentences(missing)} absente{plural(missing)} de vos notes")
    if weak:
        said.append(f"{sentences(weak)} qui n’y {be(weak)} qu’en partie (en pointillé)")
    return "Vérifié d’après les sources : " + ", ".join(said) + "." if said else ""


def stale(cited: Iterable[CitedNow]) -> str:
    gone = dict.fromkeys(f"[{one.number}]" for one in cited if since(one))
    if not gone:
        return ""
    return f"Vos notes ont changé depuis : elles ne disent plus ce que cite {', '.join(gone)}."


def since(one: CitedNow) -> str:
    if one.change is Change.DELETED:
        return "La note n’existe plus."
    if one.change is Change.CHANGED:
        return f"Maintenant : « {one.text} »" if one.text else "La note ne dit plus cela."
    return ""


def spent(usage: Usage) -> str:
    tokens = f"{number(usage.prompt_tokens)} + {number(usage.completion_tokens)} jetons"
    return tokens if usage.cost is None else f"{tokens}, {decimal(usage.cost, 4)} $"


def reading(given: int) -> str:
    return f"Lecture de {passages(given)}"


def searched_for(question: str) -> str:
    return f"Recherché : {question}"


def ingested(moved: int, embedded: int, reused: int, seconds: float) -> str:
    first = f"{notes(moved)} déplacée{plural(moved)}, " if moved else ""
    return (
        f"{first}{passages(embedded)} calculé{plural(embedded)}, {number(reused)} repris, "
        f"en {decimal(seconds, 1)} s."
    )


def progress(done: int, total: int) -> str:
    return f"{number(done)} sur {number(total)}"


def about(topic: str) -> str:
    return f"Que disent mes notes sur {topic} ?"


def what_is(name: str) -> str:
    return f"Qu’est-ce que {name} ?"


def sources_of(question: str) -> str:
    """What stands over the sources of an answer that is not the last."""
    return f"De la réponse précédente à « {question} »"
