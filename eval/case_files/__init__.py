"""Cases as lines of JSON: read, checked against their notes, written."""
