"""Texts as a grader compares them: words, numbers, quotes."""
