"""Slow clients of several kinds, and how long a page takes meanwhile."""
