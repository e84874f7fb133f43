"""The page of evals: runs begun, watched, read, compared and labelled."""
