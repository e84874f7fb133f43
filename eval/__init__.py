"""Cases and an assistant -> scores, with their intervals, and a report."""
