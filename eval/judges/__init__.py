"""Who says whether an answer is right beside the scorers: a model, and people."""
