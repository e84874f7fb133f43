"""`crib eval`: what stands behind its options; the evals of the page and of pytest run it too."""
