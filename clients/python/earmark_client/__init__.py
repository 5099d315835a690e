"""A client of Earmark's API: `Library` for programs, `earmark` on the command line."""

from earmark_client.errors import LibraryError
from earmark_client.library import Library

__all__ = ["Library", "LibraryError"]
