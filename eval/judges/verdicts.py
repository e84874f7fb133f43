"""What a judge has said, kept line by line in a file, so that it does not change its mind."""

import hashlib
import json
from pathlib import Path

from eval.judges.judging import Judgement, Verdicts
from eval.judges.lines import append, lines
from eval.judges.rubrics import Vote

FILE = "verdicts.jsonl"


class KeptVerdicts(Verdicts):
    """The verdicts in `path`; each is written at once. What cannot be read is asked again."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        """With `fresh`, what was said before does not count."""
        self._path = path
        self._known = {} if fresh else dict(filter(None, map(_read, lines(path))))

    def known(self, key: tuple[str, ...]) -> Judgement | None:
        """The judgement of before, if there is one."""
        return self._known.get(_digest(key))

    def keep(self, key: tuple[str, ...], judgement: Judgement) -> None:
        """Write it. Raises OSError if that cannot be done."""
        digest = _digest(key)
        self._known[digest] = judgement
        votes = [[vote.word, vote.worth, vote.quote] for vote in judgement.votes]
        written = {"key": digest, "worth": judgement.worth, "votes": votes}
        append(self._path, written | {"unusable": judgement.unusable})


def _read(line: object) -> tuple[str, Judgement] | None:
    match line:
        case {
            "key": str(key),
            "worth": None | float() as worth,
            "votes": list(votes),
            "unusable": int(unusable),
        } if all(isinstance(vote, list) and len(vote) == 3 for vote in votes):
            read = tuple(Vote(str(word), float(of), str(quote)) for word, of, quote in votes)
            return key, Judgement(worth, read, unusable)
    return None


def _digest(key: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()
