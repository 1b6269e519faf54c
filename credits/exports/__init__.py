"""Rows, columns and writers of the credit export."""
