"""Parts of the storage: SQLite files, the catalog's tables, and where editions of the index lie."""
