"""A form that is sent twice at the same time to a real server."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.factories import PASSWORD
from tests.live import Site

FIELD = re.compile(r'name="(csrfmiddlewaretoken|idempotency_key)" value="([^"]+)"')


def fields_on(client: httpx.Client, address: str, form: str) -> dict[str, str]:
    """The hidden fields of the form with this action."""
    page = client.get(address).text
    return dict(FIELD.findall(page[page.index(form) :].partition("</form>")[0]))


def test_a_double_click_makes_one_playlist(site: Site) -> None:
    site.token("double@example.org", PASSWORD)
    with site.client() as client:
        login = fields_on(client, "/account/login/", '<form method="post"')
        client.post("/account/login/", data=login | {"username": "double@example.org", "password": PASSWORD})
        form = fields_on(client, "/playlists/", 'action="/playlists/"') | {"name": "Party"}
        assert "idempotency_key" in form
        with ThreadPoolExecutor(4) as clicks:
            answers = list(clicks.map(lambda _: client.post("/playlists/", data=form), range(4)))
        assert {answer.status_code for answer in answers} == {302}
        assert len({answer.headers["Location"] for answer in answers}) == 1
        content = client.get("/playlists/").text.partition('id="content"')[2]
        assert content.count(">Party<") == 1
