"""The page of settings and health."""
