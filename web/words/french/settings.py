"""Français: the page of settings and health."""

SETTINGS = "Réglages"
SETTINGS_ANSWERS = "Réponses"
SETTINGS_KEPT = "Ce que vous changez ici vaut tout de suite, et après le prochain démarrage."
SETTINGS_NAMES = {
    "llm": "Modèle qui lit les passages",
    "passages": "Passages trouvés pour une question",
    "prompt_tokens": "Jetons donnés au modèle",
    "wrong_answers": "Réponses fausses acceptées, sur 100",
    "strict": "Omettre ce qu’aucun passage ne dit",
    "answer_cache": "Redonner une réponse gardée pour la même question sur les mêmes passages",
    "language": "Langue",
}
SETTINGS_ABOUT = {
    "llm": "Un modèle local lit sur cette machine ; un modèle hébergé reçoit les passages.",
    "passages": "Plus il y en a, plus on trouve, et plus la lecture est longue.",
    "prompt_tokens": "Plus de passages y tiennent, et le premier mot vient plus tard.",
    "wrong_answers": "Moins on en accepte, plus de questions sont refusées.",
    "strict": "Sinon ces phrases sont signalées.",
    "answer_cache": "Elle vient alors tout de suite. « Reposer » interroge toujours de nouveau.",
    "language": "De cette page.",
}
SETTINGS_NEXT_START = "La page la parlera au prochain démarrage de Cribsheet."
SETTINGS_LOOKS = "Apparence"
SETTINGS_THEME = "Thème"
SETTINGS_THEMES = {"system": "comme le système", "light": "clair", "dark": "sombre"}
SETTINGS_RUNNING = "Ce qui tourne, et où"
SETTINGS_RUNS = {
    "model": "Répond",
    "embedding": "Trouve les passages",
    "home": "Index et discussions",
    "cache": "Modèles",
}
SETTINGS_HEALTH = "Santé"
SETTINGS_UNSEEN = "Rien n’a encore été examiné."
SETTINGS_LOOKING = "Examen en cours"
SETTINGS_LOOK = "Vérifier que tout va bien"
SETTINGS_REPAIR = "Réparer l’index"
SETTINGS_OK = "en ordre"
SETTINGS_BAD = "à réparer"
SETTINGS_DIAGNOSIS = "Diagnostic"
SETTINGS_DIAGNOSIS_MORE = "À copier pour qui vous aide. Aucune clé, et rien de vos notes."


def settings_fixed(name: str) -> str:
    return f"Décidé par CRIB_{name.upper()} dans l’environnement."


def settings_seen(bad: int) -> str:
    if not bad:
        return "Tout va bien."
    return "Une chose ne va pas." if bad == 1 else f"{bad} choses ne vont pas."
