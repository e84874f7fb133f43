"""The page of the notes: what there is, what state it is in, and a view to read it."""
