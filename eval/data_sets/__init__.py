"""Cases and runs as data sets of Ragas and DeepEval, and back."""
