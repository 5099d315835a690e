"""Server time of pages in a library of 50,000 tracks in 4,000 albums of 1,500 artists.

The list with searches, filters, sorting and deep pages, facets, albums and artists, and what else there is.

The library is as one that is lived in (`benchmarks.lived_in`), in a database of its own: SQLite, or PostgreSQL when
EARMARK_DATABASE_URL names one whose role may create databases. A request goes through everything but the network, from
middleware to the rendered page. `--plans` also prints the query plans.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from benchmarks.databases import library_make, server_seconds, temporary_site, title_of
from benchmarks.measure import print_table

TRACKS = 50_000
RUNS = 9
ALLOWED = 100
PAGES = {
    "list": "/",
    "list, page 950": "/?page=950",
    "search, many found": "/?q=night",
    "search, two words": "/?q=night+mary",
    "search, a tag's name": "/?q=rainy",
    "search, nothing found": "/?q=xyzzy",
    "one genre": "/?genre=jazz",
    "not one genre": "/?not_genre=jazz",
    "two tags": "/?tag=live&tag=piano",
    "without a tag": "/?not_tag=live",
    "a mood": "/?mood=happy",
    "without a mood": "/?not_mood=happy",
    "six filters": "/?q=a&genre=jazz&genre=rock&source=model&mood=sad&year_min=1970&not_tag=live&duration_max=300",
    "sorted by title": "/?ordering=title",
    "sorted by artist, page 500": "/?ordering=artist&page=500",
    "sorted by year, downwards": "/?ordering=-year",
    "sorted by confidence": "/?ordering=confidence",
    "sorted by duration, page 500": "/?ordering=-duration&page=500",
    "played lately": "/?played=true&ordering=-last_played_at",
    "played lately, page 500": "/?played=true&ordering=-last_played_at&page=500",
    "played most": "/?played=true&ordering=-play_count",
    "played most, page 500": "/?played=true&ordering=-play_count&page=500",
    "sorted by plays": "/?ordering=-play_count",
    "never played": "/?played=false",
    "played within 30 days": "/?played_within_days=30",
    "facets of what was played": "/facets/?played=true",
    "search, sorted by album": "/?q=night&ordering=album",
    "facets": "/facets/",
    "facets of one genre": "/facets/?genre=jazz",
    "facets of a search": "/facets/?q=night",
    "facets of a tag and a mood": "/facets/?tag=live&mood=happy",
    "facets without a tag": "/facets/?not_tag=live",
    "tracks of an artist": "/?artist={artist}",
    "tracks of an album": "/?album={album}&ordering=album",
    "tracks on no album": "/?album=none",
    "facets of an artist": "/facets/?artist={artist}",
    "albums": "/albums/",
    "albums by artist, the last page": "/albums/?sort=artist&page=last",
    "albums, added last": "/albums/?sort=added",
    "albums of one genre": "/albums/?genre=jazz&sort=-year",
    "albums of a search": "/albums/?q=night",
    "an album": "/albums/{album}/",
    "artists": "/artists/",
    "artists, one letter": "/artists/?letter=M",
    "artists, a search": "/artists/?q=mary",
    "an artist": "/artists/{artist}/",
    "moods and map": "/moods/",
    "a point of the map": "/moods/?x=50&y=50",
    "a mood's station": "/moods/happy/",
    "its page 200": "/moods/happy/?page=200",
    "more like a track": "/tracks/{track}/similar/",
    "overview": "/overview/",
    "genres and tags": "/labels/",
    "a taught genre": "/labels/genres/{genre}/",
    "what sounds like it": "/labels/genres/{genre}/like/",
    "one question about it": "/needs-you/question/",
}
#: The same library, shared with reviewers, as one of them sees it.
REVIEWER_PAGES = {
    "the reviewers' queue": "/admin/library/track/review/",
    "agreement of model and people": "/admin/library/track/agreement/",
    "what failed": "/admin/library/track/failed/",
    "admin: tracks": "/admin/library/track/",
    "admin: predictions": "/admin/library/prediction/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    with temporary_site():
        owner = library_make(options.tracks)
        measure_pages(owner, title_of(options.tracks), options.plans)


def measure_pages(owner: Any, title: str, plans: bool) -> None:
    """Request each page and print its mean CPU time and its shortest clock time, which other load affects least."""
    from django.db import connection
    from django.test import Client

    from library.models import Genre, User

    reviewer = User.objects.create_superuser("reviewer@example.org", "a quiet listening room")
    owner.share_with_reviewers = True
    owner.save()
    client = Client(headers={"Host": "127.0.0.1"})
    rows, asked = [], {}
    track, genre = owner.tracks.first(), Genre.objects.get(owner=owner)
    ids = {"album": track.album_entry_id, "artist": track.album_entry.artist_id}
    for name, page in (PAGES | REVIEWER_PAGES).items():
        client.force_login(reviewer if name in REVIEWER_PAGES else owner)
        address = page.format(track=track.pk, genre=genre.pk, **ids)
        asked[name] = QueryLog()
        with connection.execute_wrapper(asked[name]):
            status = client.get(address).status_code
        if status == 404:  # a page of a list that has not so many
            rows.append((name, "no such page"))
            continue
        assert status == 200, address
        times, worked = [], server_seconds()
        for _ in range(RUNS):
            start = time.perf_counter()
            client.get(address)
            times.append(1000 * (time.perf_counter() - start))
        work = 1000 * (server_seconds() - worked) / RUNS
        rows.append((f"{name} ({len(asked[name].queries)} queries)", f"{work:.0f} / {min(times):.0f} ms"))
    print_table(f"Server time in a library on {title}: CPU / clock, at most {ALLOWED} ms", rows)
    for name, queries in asked.items() if plans else ():
        print(f"\n{name}: {(PAGES | REVIEWER_PAGES)[name]}")
        queries.explain()


class QueryLog:
    """An execute wrapper that records queries, and can print their plans afterwards."""

    def __init__(self) -> None:
        self.queries: list[tuple[str, Any]] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.queries.append((sql, params))
        return execute(sql, params, many, context)

    def explain(self) -> None:
        from django.db import connection

        sqlite = connection.vendor == "sqlite"
        with connection.cursor() as cursor:
            for sql, params in self.queries:
                if '"library_track' not in sql and '"library_tag' not in sql and '"library_mood' not in sql:
                    continue
                start = time.perf_counter()
                cursor.execute(sql, params)
                found = len(cursor.fetchall())
                print(
                    f"  {found} rows in {1000 * (time.perf_counter() - start):.0f} ms: {sql[:70]} … {sql[-90:]}"
                )
                cursor.execute(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{sql}", params)
                for row in cursor.fetchall():
                    print(f"      {row[-1]}")


if __name__ == "__main__":
    main()
