"""A run as people and machines read it. `results.Result` is rendered by a module for each form."""
