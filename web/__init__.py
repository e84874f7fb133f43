"""The page. View only: it renders what rag, ingest and eval return."""
