"""Export of a library's data as JSON or CSV, and import from JSON.

    {"format": "earmark-library", "version": 1, "exported_at": …,
     "genres": [{key, name, hue, retired_at}], "tags": [{name, hue, coloured}],
     "tracks": [{sha256, …, artist_names, musicbrainz, edited, starred_at, rating, plays: [moment], layers, predictions,
                 tags, rejected, verdicts}],
     "playlists": [{name, smart, query, tracks: [sha256]}],
     "concepts": [{genre: key or null, tag: name or null, answers: [{sha256, yes, asked, at}]}],
     "albums": [{title, artist: name or null, mbid, starred_at}], "artists": [{name, starred_at}]}

The lists may be missing: `concepts`, `albums` and `artists` are since 0.2 (the last two name those that have a star),
and so are a track's `album_artist`, `disc_number`, `disc_total`, `track_number`, `track_total`, `original_year`,
`compilation`, `artist_names`, `musicbrainz`, `starred_at`, `rating` and `plays`. What is added to the format is
optional, and `version` stays; a change that earlier readers would misunderstand gets the next number, and the reader
keeps reading all of them.

Texts are what `library.text.is_storable` allows, for the writer and the reader.

Tracks are identified by the SHA-256 of their files: an export can be imported into any account that has the files.
"""

FORMAT = "earmark-library"
VERSION = 1
