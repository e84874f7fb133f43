"""The quiz page: studying a card at a time, judging drafts, how the studying stands."""
