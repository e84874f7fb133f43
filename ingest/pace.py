"""How fast an ingest is, in words. Pure; the terminal and the page say it alike."""

from ingest.types import Progress


def pace(progress: Progress) -> str:
    """How fast an ingest is and how long it takes yet, as far as it is known."""
    known = []
    if progress.rate is not None:
        known.append(f"{progress.rate:,.0f} passages/s")
    if progress.seconds_left is not None:
        known.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(known)


def duration(seconds: float) -> str:
    """A time as a person says it: 45 s, 12 min, 3 h."""
    for length, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
