"""A question -> an answer with citations. The lowest layer: it imports none of the others."""
