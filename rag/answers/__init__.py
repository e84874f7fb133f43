"""Parts of an answer: who writes it, how it ends, what it cites, and what is kept of it."""
