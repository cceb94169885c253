"""Evidence files: where bytes are kept, what they are proved to be, who scans them, how they are served.

Nothing is imported at the top: the child process that opens uploads (``confined``) starts in this package
and must start fast.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plumbline.documents.scanner import VirusScanner
    from plumbline.documents.store import Store
    from plumbline.settings import FolderStore, S3Store, Settings


def open_store(settings: Settings) -> Store:
    """Return the evidence store of PLUMBLINE_EVIDENCE_URL. Touches nothing yet; its ``check()`` does.

    One per process and address, shared between threads: a bucket keeps its connections.
    """
    return _store(settings.evidence)


@functools.cache
def _store(where: FolderStore | S3Store) -> Store:
    from plumbline.settings import FolderStore  # why here: see above

    if isinstance(where, FolderStore):
        from plumbline.documents.folder import Folder

        return Folder(where.folder)
    # boto3 costs half a second at start, and the embedded default has no use for it.
    from plumbline.documents.s3 import Bucket

    return Bucket(where.bucket, where.endpoint, where.region)


def open_scanner(settings: Settings) -> VirusScanner:
    """Return the scanner of PLUMBLINE_CLAMD_URL, or the null one where none is set."""
    from plumbline.documents.scanner import Clamd, NoScanner  # why here: see above

    return Clamd(settings.clamd.host, settings.clamd.port) if settings.clamd else NoScanner()
