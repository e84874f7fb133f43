"""Cases that are made: drafted by a model, found in notes, looked through by a person."""
