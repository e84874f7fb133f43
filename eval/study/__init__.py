"""Studying the quiz of one's notes: which card is due when, and what became of each answer."""
