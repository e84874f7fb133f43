"""French: what went wrong, by its kind; the rest follows as it was said where it did."""

from rag import errors

_KINDS: tuple[tuple[type[Exception], str], ...] = (  # of two that fit, the first
    (errors.NoIndexError, "Aucune note n’a encore été lue"),
    (errors.LockedError, "Un autre programme écrit dans l’index ; réessayez dans un instant"),
    (errors.DamagedError, "L’index est endommagé ; relire les notes le refait"),
    (errors.DiskFullError, "Il n’y a plus de place sur le disque"),
    (errors.StoreError, "L’index ne peut être lu ou écrit"),
    (errors.ModelMissingError, "Le modèle n’est pas sur cette machine"),
    (errors.ModelServerError, "Le modèle a été interrogé, mais n’a pas répondu"),
    (errors.ModelError, "Le modèle ne peut servir"),
    (errors.NotesError, "Cette note ou ce dossier ne peut servir"),
    (errors.QuestionError, "Cette question ne peut être posée ainsi"),
    (errors.ChatError, "Cette discussion ne peut être lue ou enregistrée"),
    (errors.SettingsError, "Ce réglage n’est pas valable"),
)


def failure(error: Exception) -> str:
    """An error in one line: its kind, then what was said of it, which holds the remedy."""
    kind = next((said for one, said in _KINDS if isinstance(error, one)), "")
    return f"{kind} ({error})" if kind else str(error)
