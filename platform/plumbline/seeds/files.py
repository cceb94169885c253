"""Small real files for the demo's vaults: a PDF, a picture, a table."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw
from pypdf import PdfWriter

from assessments.evidence.documents import StoredFile
from plumbline.documents.receiving import receive
from plumbline.documents.store import Store


def make(title: str, file_name: str) -> bytes:
    """Return a file's bytes by its ending; never the same twice, so that no two firms share a digest."""
    if file_name.endswith(".pdf"):
        writer = PdfWriter()
        for _page in range(3):
            writer.add_blank_page(595, 842)
        writer.add_metadata({"/Title": title})
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()
    if file_name.endswith(".png"):
        picture = Image.new("RGB", (320, 200), (226, 238, 238))
        ImageDraw.Draw(picture).text((12, 90), title[:48], fill=(11, 93, 102))
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()
    rows = "\n".join(f"2025-{month:02},{1400 + 37 * month}" for month in range(1, 13))
    return f"# {title}\nmonth,m3\n{rows}\n".encode()


def keep(store: Store, firm: str, title: str, file_name: str) -> StoredFile:
    """Send a file through the same reception as an upload: staged, read back, hashed, type proved."""
    content = make(f"{title} - {firm}", file_name)
    return receive(store, io.BytesIO(content), file_name, limit=10 * 1024 * 1024)
