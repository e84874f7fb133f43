"""What stands behind the pages of `web/`: a person's library, and a desk for each page."""
