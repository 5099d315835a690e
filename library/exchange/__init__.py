"""A library's knowledge as a document: written as JSON and CSV, read back from JSON.

    {"format": "earmark-library", "version": 1, "exported_at": …,
     "genres": [{key, name, hue, retired_at}], "tags": [{name, hue}],
     "tracks": [{sha256, …, edited, layers, predictions, tags, rejected, verdicts}],
     "playlists": [{name, smart, query, tracks: [sha256]}]}

Tracks are named by their file's SHA-256, so that the document fits any account that has the same files.
"""

FORMAT = "earmark-library"
VERSION = 1
