"""Is a "yes" or "no" right, and is it held back where the notes do not say?

    python -m benchmarks.verdicts [--llm NAME]

Of statements over benchmarks/refusal_notes that are true, that are false, and that the notes say
nothing of (yes_no.jsonl): how many were answered yes or no, with a line of the notes and no
verdict, or refused. The limits of rag/answers/verdicts.py were chosen on these very questions.

Without them (Qwen2.5-Coder-1.5B, the 69 statements): of 40 false ones 19 were answered yes, 13 no,
8 refused; of 29 true ones 28 were answered yes, one refused. "Yes" led "No" by less than 3.8 nats
in all false ones and by more than 4 in 18 true ones (AUROC 0.97).
"""

import argparse
import re
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.answers import assistant_over
from benchmarks.refusal_cases import FURTHER
from eval.case_files.loading import load_cases
from eval.types import Case
from rag.config import load_settings
from rag.types import Answer, Status

YES_NO = Path("benchmarks/yes_no.jsonl")

_VERDICT = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


def truth(case: Case) -> str:
    """Whether what a case asks is true, false or not said."""
    return {"yes": "true", "no": "false"}[case.references[0]] if case.answerable else "not said"


def verdict(answer: Answer) -> str:
    """What an answer says: yes, no, a line of the notes, nothing, or something without either."""
    if answer.status is Status.REFUSED:
        return "refused"
    found = _VERDICT.match(answer.text)
    if found:
        return found[1].casefold()
    return "a line" if answer.status is Status.EXTRACTIVE else "else"


def main() -> None:
    """Ask, and print what was said of what."""
    parser = argparse.ArgumentParser(description="Is a yes or no right?")
    parser.add_argument("--llm", default="local", help="as CRIB_LLM")
    settings = load_settings().model_copy(update={"llm": parser.parse_args().llm})
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as home:
        assistant, _ = assistant_over(FURTHER, Path(home), settings)
        for case in load_cases(YES_NO):
            answer = assistant.ask(case.question)
            counts[truth(case), verdict(answer)] += 1
            print(f"  {truth(case)}: {case.question} -> {answer.text!r}", flush=True)
    for one in ("true", "false", "not said"):
        said = {what: n for (of, what), n in sorted(counts.items()) if of == one}
        print(f"{one:10}{sum(said.values()):4}  {said}")


if __name__ == "__main__":
    main()
