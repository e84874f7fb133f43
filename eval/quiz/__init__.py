"""The quiz that people already have in their notes -> Cases; the forms are in extraction.py."""

from eval.quiz.extraction import FORMS, extract_quiz

__all__ = ["FORMS", "extract_quiz"]
