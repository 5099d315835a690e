"""Which tracks a bulk action is about moves from one long JSON value to rows of its own, and back."""

from itertools import batched
from typing import Any
from uuid import UUID

from django.db import migrations

BATCH = 1000
OF_TAGS = ("tag", "untag", "merge", "unlist")


def to_rows(apps: Any, schema_editor: Any) -> None:
    Act, Track, PlaylistItem, Verdict, Row = _models(apps)
    for pk in list(Act.objects.values_list("pk", flat=True)):
        act = Act.objects.get(pk=pk)
        data = act.data
        act.done, act.skipped = data.pop("done", 0), data.pop("skipped", 0)
        act.total = act.done + act.skipped
        tracks: list[tuple[UUID, dict[str, Any] | None]] = [
            (UUID(track), None) for track in data.pop("tracks", ())
        ]
        if act.kind == "genre":
            tracks += [
                (track, None)
                for track in Verdict.objects.filter(act_id=act.pk).values_list("track_id", flat=True)
            ]
        items = data.pop("items", ())
        for some in batched(items, BATCH):
            known = dict(PlaylistItem.objects.filter(pk__in=some).values_list("pk", "track_id"))
            tracks += [(known[item], {"item": item}) for item in some if item in known]
        new = set(data.get("new", ()))
        state = "undone" if act.undone_at else "done"
        for some in batched(tracks, BATCH):
            there = set(
                Track.objects.filter(pk__in=[track for track, _ in some]).values_list("pk", flat=True)
            )
            Row.objects.bulk_create(
                Row(
                    action_id=act.pk,
                    track_id=track,
                    state=state,
                    before={"new": True} if str(track) in new else before,
                )
                for track, before in some
                if track in there
            )
        data.pop("new", None)
        act.save(update_fields=["data", "done", "skipped", "total"])


def to_data(apps: Any, schema_editor: Any) -> None:
    Act, _, _, _, Row = _models(apps)
    for pk in list(Act.objects.values_list("pk", flat=True)):
        act = Act.objects.get(pk=pk)
        rows = Row.objects.filter(action_id=act.pk, state__in=("done", "undone")).order_by("id")
        rows = list(rows.values_list("track_id", "before"))
        act.data |= {"done": act.done, "skipped": act.skipped}
        if act.kind in OF_TAGS:
            act.data["tracks"] = [str(track) for track, _ in rows]
        if act.kind == "merge":
            act.data["new"] = [str(track) for track, before in rows if before and before.get("new")]
        if act.kind == "playlist":
            act.data["items"] = [before["item"] for _, before in rows if before]
        act.save(update_fields=["data"])


def _models(apps: Any) -> list[Any]:
    return [
        apps.get_model("library", name)
        for name in ("Act", "Track", "PlaylistItem", "Verdict", "BulkActionTrack")
    ]


class Migration(migrations.Migration):
    dependencies = [("library", "0018_a_bin_and_fixed_targets")]

    operations = [migrations.RunPython(to_rows, to_data, elidable=True)]
