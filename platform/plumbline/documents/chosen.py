"""The evidence store and the scanner that the settings name."""

from __future__ import annotations

from plumbline.documents.folder import Folder
from plumbline.documents.scanner import Clamd, NoScanner, VirusScanner
from plumbline.documents.store import Store
from plumbline.settings import FolderStore, Settings


def chosen_store(settings: Settings) -> Store:
    """Return the evidence store of PLUMBLINE_EVIDENCE_URL. Opens nothing yet; ``check()`` does."""
    if isinstance(settings.evidence, FolderStore):
        return Folder(settings.evidence.folder)
    # Here, not above: boto3 costs half a second at start, and the embedded default has no use for it.
    from plumbline.documents.s3 import Bucket

    return Bucket(settings.evidence.bucket, settings.evidence.endpoint, settings.evidence.region)


def chosen_scanner(settings: Settings) -> VirusScanner:
    """Return the scanner of PLUMBLINE_CLAMD_URL, or the null one where none is set."""
    return Clamd(settings.clamd.host, settings.clamd.port) if settings.clamd else NoScanner()
