"""Export of a library's data as JSON or CSV, and import from JSON.

    {"format": "earmark-library", "version": 1, "exported_at": …,
     "genres": [{key, name, hue, retired_at}], "tags": [{name, hue}],
     "tracks": [{sha256, …, edited, layers, predictions, tags, rejected, verdicts}],
     "playlists": [{name, smart, query, tracks: [sha256]}]}

Tracks are identified by the SHA-256 of their files: an export can be imported into any account that has the files.
"""

FORMAT = "earmark-library"
VERSION = 1
