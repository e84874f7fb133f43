"""`crib quiz`: cases found in notes, drafted from them, and reviewed."""
