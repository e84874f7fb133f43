"""How sure figures are, and how sure an answer may be said to be."""
