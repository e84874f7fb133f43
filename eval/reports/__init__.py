"""A run as people and machines read it: terminal, JSON, HTML, Markdown, JUnit."""
