"""The quiz that people already have in their notes -> Cases; see forms.py for what is known."""

from eval.quiz.extraction import extract
from eval.quiz.types import Source

__all__ = ["Source", "extract"]
