"""The question bank's pages in the Wagtail admin."""
