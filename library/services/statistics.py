"""Keep the statistics fresh by which the database chooses its indexes.

Without them, a query for one page may read a whole library. SQLite gathers none by itself. Its `PRAGMA optimize` looks
only at tables that its own connection has queried, which is of no use where each request has a connection; so workers
run `ANALYZE` regularly, and at once when the database has grown. PostgreSQL's autovacuum waits until a tenth of a table
has changed, which may be years of somebody's uploads on a site with millions of tracks.
"""

from __future__ import annotations

from django.db import connection

#: Rows that SQLite reads per index, so that this takes milliseconds.
ANALYSIS_LIMIT = 400
#: By how much SQLite's file grows until the statistics are gathered at once.
GROWTH = 1.2
#: Which tables are analysed on PostgreSQL: of which this many rows have changed since, and this share.
CHANGED_ROWS, CHANGED_SHARE = 5_000, 0.02
CHANGED_TABLES = """
    SELECT relid::regclass::text FROM pg_stat_user_tables
    WHERE schemaname = current_schema() AND n_mod_since_analyze > %s + %s * n_live_tup
"""


class StatisticsKeeper:
    """Knows how large the database was when its statistics were gathered."""

    def __init__(self) -> None:
        self._pages = 0

    def refresh_if_grown(self) -> bool:
        """Gather the statistics if very much was added since; returns whether that was so."""
        if connection.vendor == "sqlite":
            due = self._page_count() > GROWTH * self._pages
            if due:
                self.refresh()
            return due
        with connection.cursor() as cursor:
            cursor.execute(CHANGED_TABLES, [CHANGED_ROWS, CHANGED_SHARE])
            tables = [table for (table,) in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ANALYZE {table}")
        return bool(tables)

    def refresh(self) -> None:
        """Gather SQLite's statistics. PostgreSQL does that by itself from time to time."""
        if connection.vendor != "sqlite":
            return
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit={ANALYSIS_LIMIT}")
            cursor.execute("ANALYZE")
        self._pages = self._page_count()

    def _page_count(self) -> int:
        with connection.cursor() as cursor:
            [count] = cursor.execute("PRAGMA page_count").fetchone()
        return int(count)
