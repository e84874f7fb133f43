"""What the commands of app.py do: wiring and terminal; no logic of notes, answers or scores."""
