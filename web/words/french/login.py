"""Français: the login of a page that can be reached from elsewhere."""

LOGIN = "Se connecter"
LOGOUT = "Se déconnecter"
LOGIN_USER = "Utilisateur"
LOGIN_PASSWORD = "Mot de passe"  # noqa: S105 (a label)
LOGIN_NEEDED = "Connectez-vous d’abord."
LOGIN_WRONG = "L’utilisateur ou le mot de passe est incorrect."


def login_wait(seconds: int) -> str:
    return f"Trop d’essais incorrects. Réessayez dans {seconds} s."
