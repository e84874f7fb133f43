"""What stands behind the pages of `web/`: a person's library, and a controller for each page."""
