"""The child process: confine, prove one file, say ``proved`` or the reason why not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import BinaryIO

from plumbline.documents.confined import confine
from plumbline.documents.proof import Reason, Unfit
from plumbline.documents.proof.limits import PROOF


def prover(kind: str) -> Callable[[BinaryIO], None]:
    """Return the function that proves ``kind``; only its own parser is imported."""
    if kind == "pdf":
        from plumbline.documents.proof.pdf import prove
    elif kind == "png":
        from plumbline.documents.proof.png import prove
    elif kind == "jpeg":
        from plumbline.documents.proof.jpeg import prove
    elif kind == "xlsx":
        from plumbline.documents.proof.workbook import prove
    elif kind == "csv":
        from plumbline.documents.proof.table import prove
    else:
        raise KeyError(kind)
    return prove


def main() -> None:
    """Prove standard input to be of the kind named by the one argument."""
    file = confine(PROOF)
    try:
        prover(sys.argv[1])(file)
    except Unfit as unfit:
        answer = unfit.reason.value
    except (MemoryError, RecursionError):
        answer = Reason.TOO_MUCH.value
    else:
        answer = "proved"
    sys.stdout.write(answer)


if __name__ == "__main__":
    main()
