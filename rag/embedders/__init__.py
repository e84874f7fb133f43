"""What turns texts into vectors on this machine, and what makes it fast."""
