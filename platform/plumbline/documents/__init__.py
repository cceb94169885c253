"""Evidence files: where bytes are kept, what they are proved to be, who scans them, how they are served.

Nothing is imported at the top: the child process that opens uploads (``confined``) starts in this package
and must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plumbline.documents.scanner import VirusScanner
    from plumbline.documents.store import Store
    from plumbline.settings import Settings


def open_store(settings: Settings) -> Store:
    """Return the evidence store of PLUMBLINE_EVIDENCE_URL. Touches nothing yet; its ``check()`` does.

    Make it once per process and share it between threads: a bucket's connections are kept with it.
    """
    from plumbline.settings import FolderStore  # why here: see above

    if isinstance(settings.evidence, FolderStore):
        from plumbline.documents.folder import Folder

        return Folder(settings.evidence.folder)
    # boto3 costs half a second at start, and the embedded default has no use for it.
    from plumbline.documents.s3 import Bucket

    return Bucket(settings.evidence.bucket, settings.evidence.endpoint, settings.evidence.region)


def open_scanner(settings: Settings) -> VirusScanner:
    """Return the scanner of PLUMBLINE_CLAMD_URL, or the null one where none is set."""
    from plumbline.documents.scanner import Clamd, NoScanner  # why here: see above

    return Clamd(settings.clamd.host, settings.clamd.port) if settings.clamd else NoScanner()
