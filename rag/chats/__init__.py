"""Conversations: kept, exported, and looked after when their notes change."""
