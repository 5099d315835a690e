"""A store that speaks S3, as a server of its own: moto's, on a port of this machine. Nothing leaves it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "earmark-tests"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests"}


@dataclass
class Store:
    endpoint: str

    @property
    def bucket(self) -> Any:
        keys = {name.lower(): value for name, value in KEYS.items()}
        return boto3.resource("s3", endpoint_url=self.endpoint, region_name="us-east-1", **keys).Bucket(
            BUCKET
        )

    def names(self) -> set[str]:
        """Of everything that lies in it."""
        return {found.key for found in self.bucket.objects.all()}

    @property
    def environment(self) -> dict[str, str]:
        """What makes a site keep its files here."""
        return {
            "EARMARK_S3_BUCKET": BUCKET,
            "EARMARK_S3_ENDPOINT": self.endpoint,
            "EARMARK_S3_REGION": "us-east-1",
            **KEYS,
        }


@contextmanager
def running_store() -> Iterator[Store]:
    """An empty store, with a bucket, until the block ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        store = Store(f"http://{host}:{port}")
        store.bucket.create()
        yield store
    finally:
        server.stop()
