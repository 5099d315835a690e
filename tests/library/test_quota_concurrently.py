"""Uploads at the same time cannot exceed the quota together."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from classifier.errors import AudioError
from library import services
from library.models import PartialUpload, Track, User
from tests.concurrency import run_concurrently, shared_database
from tests.factories import UserFactory, upload, wav

ROUNDS = 5


@pytest.mark.django_db(transaction=True)
def test_four_of_which_one_fits(alice: User, settings: Settings, tmp_path: Path) -> None:
    size = len(wav(0, seconds=1))
    settings.EARMARK_QUOTA_BYTES = size * 3 // 2
    with shared_database(tmp_path):
        for _ in range(ROUNDS):
            files = [upload(wav(number, seconds=1)) for number in range(4)]
            answers = run_concurrently(
                *(partial(services.track_add, owner=alice, upload=file) for file in files)
            )
            refused = [answer for answer in answers if isinstance(answer, AudioError)]
            assert [error.code for error in refused] == ["over_quota"] * 3
            track = Track.objects.get()
            folder = f"tracks/{track.folder[:2]}"
            assert default_storage.listdir(folder)[0] == [track.folder]
            services.track_delete(track=track)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_is_one_track_whatever_the_quota(settings: Settings, tmp_path: Path) -> None:
    settings.EARMARK_QUOTA_BYTES = len(wav(0, seconds=1)) * 3 // 2
    with shared_database(tmp_path):
        for _ in range(ROUNDS):
            owner = UserFactory()
            files = [upload(wav(0, seconds=1)) for _ in range(4)]
            answers = run_concurrently(
                *(partial(services.track_add, owner=owner, upload=file) for file in files)
            )
            assert not [answer for answer in answers if isinstance(answer, AudioError)]
            assert sorted(new for _, new in answers) == [False, False, False, True]
            assert Track.objects.filter(owner=owner).count() == 1


@pytest.mark.django_db(transaction=True)
def test_three_that_begin_and_of_which_two_fit(alice: User, settings: Settings, tmp_path: Path) -> None:
    settings.EARMARK_QUOTA_BYTES = 10_000_000
    with shared_database(tmp_path):
        for _ in range(ROUNDS):
            begin = partial(services.upload_begin, owner=alice, name="long.flac", length=4_900_000)
            answers = run_concurrently(begin, begin, begin)
            [refused] = [answer for answer in answers if isinstance(answer, AudioError)]
            assert refused.code == "over_quota"
            for upload_row in PartialUpload.objects.all():
                services.upload_abort(upload=upload_row)


@pytest.mark.django_db(transaction=True)
def test_four_in_pieces_that_finish_together(alice: User, settings: Settings, tmp_path: Path) -> None:
    """Begun while there was room for all; meanwhile the quota is smaller."""
    contents = [wav(number, seconds=1) for number in range(4)]
    settings.EARMARK_QUOTA_BYTES = 10 * len(contents[0])
    with shared_database(tmp_path):
        rows = [services.upload_begin(owner=alice, name="a.wav", length=len(each)) for each in contents]
        settings.EARMARK_QUOTA_BYTES = len(contents[0]) * 3 // 2
        run_concurrently(
            *(
                partial(services.upload_append, upload=row, offset=0, chunks=[content])
                for row, content in zip(rows, contents, strict=True)
            )
        )
        codes = sorted(PartialUpload.objects.values_list("error_code", flat=True))
        assert codes == ["", "over_quota", "over_quota", "over_quota"]
        assert Track.objects.count() == 1
