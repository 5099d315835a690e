"""A client of Earmark's API: `Library` for programs, `earmark` on the command line."""

from earmark_client.errors import LibraryError
from earmark_client.library import Library
from earmark_client.responses import BulkAction, Changes, Deletion

__all__ = ["BulkAction", "Changes", "Deletion", "Library", "LibraryError"]
