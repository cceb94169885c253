"""``plumbline questionnaire translate``: a sheet of what a language lacks, and the filled sheet back."""

from __future__ import annotations

from pathlib import Path

import click

from assessments.questionnaire.languages.translating import (
    BadSheet,
    missing_in,
    read_sheet_rows,
    sheet_of,
    take,
)
from assessments.sentences import counted
from plumbline.commands.context import Wrong
from plumbline.commands.packs import PACK, pack_folder, read_whole

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("translate")
@click.argument("language")
@PACK
@click.option("--out", type=_FILE, help="Write the texts that LANGUAGE lacks to this CSV file.")
@click.option("--take", "filled", type=_FILE, help="Take the filled sheet into the files of PACK.")
def translate(language: str, pack: str, out: Path | None, filled: Path | None) -> None:
    """Translate PACK into LANGUAGE by a sheet. Without an option: say how much is missing."""
    folder = pack_folder(pack)
    questionnaire = read_whole(folder)
    others = [code for code in questionnaire.languages if code != "en"]
    if language not in others:
        raise Wrong(f"{language}: the pack names the languages {', '.join(others) or 'none'} (pack.yaml)")
    if filled is not None:
        try:
            rows = read_sheet_rows(filled.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise Wrong(f"{filled} cannot be read: save it as CSV in UTF-8 ({error})") from error
        except BadSheet as error:
            raise Wrong(f"{filled}: {error}") from error
        taken = take(folder, questionnaire, language, rows)
        for line, reason in taken.refused:
            click.echo(f"{filled}: line {line}: {reason}", err=True)
        click.echo(f"{taken.written} texts written, {taken.empty} lines empty, {len(taken.refused)} refused")
        if taken.refused:
            raise SystemExit(2)
        return
    missing = missing_in(folder, questionnaire, language)
    if out is not None:
        out.write_text(sheet_of(missing), encoding="utf-8-sig", newline="")
        click.echo(f"{counted(len(missing), 'text')} written to {out}")
        return
    stale = sum(gap.stale for gap in missing)
    texts = counted(len(missing), "text")
    click.echo(f"{language}: {texts} missing, {stale} of them because the English has changed")
