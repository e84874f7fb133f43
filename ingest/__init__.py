"""A folder of notes -> an index that is up to date with it."""
