"""Parts of the search: how a question is read, what is found, and what is given of it."""
