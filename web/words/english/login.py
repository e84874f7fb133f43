"""English: the login of a page that can be reached from elsewhere."""

LOGIN = "Log in"
LOGOUT = "Log out"
LOGIN_USER = "User"
LOGIN_PASSWORD = "Password"  # noqa: S105 (a label)
LOGIN_NEEDED = "Log in first."
LOGIN_WRONG = "User or password are wrong."


def login_wait(seconds: int) -> str:
    """Seconds that whoever guessed wrong has to wait."""
    return f"Too many wrong tries. Try again in {seconds} s."
