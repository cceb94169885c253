"""The stores of these tests: the folder, and a bucket on each of the two S3 servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.documents.folder import Folder
from plumbline.documents.s3 import Bucket
from plumbline.documents.store import Store
from tests.support.services import S3


def bucket_on(server: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The store in a server's bucket, with the server's credentials where boto3 looks for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_key)
    return Bucket(server.bucket, server.endpoint)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A store in a folder that does not exist yet."""
    return Folder(tmp_path / "evidence store")


@pytest.fixture
def bucket(any_s3: S3, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A store in a bucket, once per S3 server."""
    return bucket_on(any_s3, monkeypatch)


@pytest.fixture(params=["folder", "s3", "strict_s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Each kind of store in turn."""
    if request.param == "folder":
        return request.getfixturevalue("folder")  # type: ignore[no-any-return]
    return bucket_on(request.getfixturevalue(request.param), monkeypatch)
