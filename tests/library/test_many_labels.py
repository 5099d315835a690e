"""Genres and tags by the thousand: there is a limit, and no page lists them all."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library import services
from library.errors import DomainError
from library.models import Genre, Tag, Track, User
from library.models.genres import MAX_OWN_GENRES, MAX_TAGS
from library.selectors.genres import LISTED_LABELS

pytestmark = pytest.mark.django_db


def add_tags(owner: User, count: int) -> None:
    Tag.objects.bulk_create(
        Tag(owner=owner, key=f"tag {number:05}", search_text=f"tag {number:05}", name=f"Tag {number:05}")
        for number in range(count)
    )


def add_genres(owner: User, count: int) -> None:
    Genre.objects.bulk_create(
        Genre(owner=owner, key=f"genre-{number:04}", name=f"Genre {number:04}") for number in range(count)
    )


def import_tags(owner: User, *names: str) -> Any:
    document = {
        "format": "earmark-library",
        "version": 1,
        "tags": [{"name": name, "hue": 0} for name in names],
    }
    content = json.dumps(document).encode()
    return services.library_import(owner=owner, file=io.BytesIO(content), size=len(content))


class TestLimits:
    def test_of_tags(self, alice: User, charlie: User, alice_api: Client) -> None:
        add_tags(alice, MAX_TAGS)
        response = alice_api.post("/api/v1/tags/", {"name": "new"}, content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (409, "too_many")
        for refused in (lambda: services.tag_add(owner=alice, name="new"), lambda: import_tags(alice, "new")):
            with pytest.raises(DomainError, match="up to 10,000 tags"):
                refused()
        assert services.tag_add(owner=alice, name="TAG 00007").name == "Tag 00007"
        assert import_tags(alice, "Tag 00007").done["tags"] == 0
        assert services.tag_add(owner=charlie, name="new")
        assert alice.tags.count() == MAX_TAGS

    def test_of_genres(self, alice: User) -> None:
        add_genres(alice, MAX_OWN_GENRES)
        with pytest.raises(DomainError, match="up to 1,000 genres"):
            services.own_genre_add(owner=alice, name="new")
        services.own_genre_delete(genre=Genre.objects.get(key="genre-0007"))
        assert services.own_genre_add(owner=alice, name="Genre 0007").key == "genre-0007"


class TestPages:
    @pytest.fixture(autouse=True)
    def labels(self, alice: User) -> None:
        add_tags(alice, 300)
        add_genres(alice, 120)

    def test_the_list_comes_in_pages(self, alice_client: Client) -> None:
        page = alice_client.get(reverse("labels")).content.decode()
        assert "Tag 00049" in page
        assert "Tag 00050" not in page
        assert "Page 1 of 6" in page
        assert "Page 1 of 3" in page
        page = alice_client.get(reverse("labels"), {"page": "6", "genres": "3"}).content.decode()
        assert "Tag 00299" in page
        assert "Genre 0119" in page
        assert "Tag 00000" not in page
        assert "?page=5&amp;genres=3" in page

    def test_it_is_searched(self, alice_client: Client) -> None:
        page = alice_client.get(reverse("labels"), {"q": "ÉNRE 0007"}).content.decode()
        assert "Genre 0007" in page
        assert "Genre 0008" not in page
        assert "No tag has “ÉNRE 0007” in its name." in page

    def test_a_form_leads_back_to_its_page(self, alice: User, alice_client: Client) -> None:
        address = "/labels/?q=7&page=2"
        tag = alice.tags.get(key="tag 00107")
        url = reverse("tag-change", args=[tag.pk])
        response = alice_client.post(
            url, {"name": "Seven"}, headers={"Referer": f"http://testserver{address}"}
        )
        assert response["Location"] == address

    def test_it_costs_as_many_queries_whatever_there_is(
        self, alice: User, alice_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(20):
            alice_client.get(reverse("labels"))

    def test_menus_list_some(self, alice: User, alice_client: Client, track: Track) -> None:
        tag = alice.tags.get(key="tag 00007")
        for url in (
            reverse("library"),
            reverse("track", args=[track.pk]),
            reverse("track-teach", args=[track.pk]),
            reverse("tag-delete", args=[tag.pk]),
            reverse("genre-delete", args=[Genre.objects.earliest("pk").pk]),
        ):
            page = alice_client.get(url).content.decode()
            assert page.count("Tag 00") <= 2 * LISTED_LABELS, url
            assert page.count("Genre 0") <= 2 * LISTED_LABELS + 10, url

    def test_names_are_found_while_one_types(self, alice_client: Client, charlie: User) -> None:
        services.tag_add(owner=charlie, name="Tag 00107 of another")
        for field in ("name", "tag"):
            found = alice_client.get(reverse("tag-names"), {field: "TÁG 0010"}).content.decode()
            assert found.count("<option") == 10
            assert "another" not in found
        assert alice_client.get(reverse("tag-names")).content.count(b"<option") == LISTED_LABELS

    def test_a_tag_is_merged_into_one_that_is_typed(
        self, alice: User, alice_client: Client, track: Track
    ) -> None:
        tag = services.track_tag(track=track, name="Tag 00007")
        page = alice_client.get(reverse("tag-delete", args=[tag.pk])).content.decode()
        assert "<select" not in page
        alice_client.post(reverse("tag-delete", args=[tag.pk]), {"into": "TAG 00250"})
        assert [each.name for each in track.tags.all()] == ["Tag 00250"]
