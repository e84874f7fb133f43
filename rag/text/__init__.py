"""What is read out of a text: words, sentences, facts, and what says what."""
