"""A pack in memory, as its files (path to YAML text): taken in, checked whole, packed, unpacked.

A draft in the browser and a folder in Git are the same files, so each can be carried to the other.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assessments.questionnaire.asking.applicability import Applicability
from assessments.questionnaire.asking.preview import decide
from assessments.questionnaire.asking.profiles import BadProfile, Profile, read_profiles
from assessments.questionnaire.formats.archives import BROKEN_ARCHIVE
from assessments.questionnaire.model import Questionnaire
from assessments.questionnaire.pack.checking import check_pack
from assessments.questionnaire.pack.loading import PACKS, read_folder
from assessments.questionnaire.pack.packfile import PACK_FILE
from assessments.questionnaire.pack.reading import Problem, Report
from assessments.sentences import N_
from assessments.workflow import Refused

Files = Mapping[str, str]
"""Path relative to the pack, with ``/``, to the file's text."""
Edit = dict[str, str | None]
"""What changes: path to the new text, None where the file goes."""

MOST_FILES = 3000
LARGEST_FILE = 1_000_000
LARGEST_PACK = 40_000_000
_PATH = re.compile(r"(?:[a-z][a-z0-9_]{0,39}/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,79}\.yaml\Z")
_TRANSLATED = re.compile(r"\.[a-z]{2}(?:-[A-Za-z]{2,4})?\.yaml\Z")
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")


@dataclass(frozen=True)
class Inspection:
    """What the checker says of the English of a draft, and what can be built of it.

    ``sound``: it loads, so that it can be previewed, compared and tried; ``questionnaire`` is None where not
    even its pack.yaml can be read.
    """

    problems: tuple[Problem, ...]
    questionnaire: Questionnaire | None
    sound: bool
    examples: tuple[Profile, ...]
    decided: Mapping[str, Applicability] = field(default_factory=dict)

    def of_file(self, file: str) -> tuple[Problem, ...]:
        """The faults in one file."""
        return tuple(problem for problem in self.problems if problem.file == file)

    def of_question(self, file: str, key: str) -> tuple[Problem, ...]:
        """The faults of one question of a topic file."""
        start = f"questions[{key}]"
        return tuple(found for found in self.of_file(file) if (found.path + ".").startswith(f"{start}."))

    def reached(self, key: str) -> tuple[tuple[str, bool, str], ...]:
        """Of each example supplier: its name, whether it is asked that question, and the sentence why."""
        found = []
        for name, one in self.decided.items():
            asked = key in one.asked
            if asked or key in one.not_asked:
                found.append((name, asked, one.asked[key] if asked else one.not_asked[key]))
        return tuple(found)


def shipped_files(slug: str = "standard") -> dict[str, str]:
    """The files of the pack that ships with the product."""
    root = PACKS / slug
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in sorted(root.rglob("*.yaml"))
        if path.is_file()
    }


def translated(path: str) -> bool:
    """Whether a file says the texts of another in another language."""
    return _TRANSLATED.search(path) is not None


def inspect(files: Files, slug: str) -> Inspection:
    """Check the English of a draft, and build what can be built. Never raises for its content."""
    with tempfile.TemporaryDirectory(prefix="plumbline-draft-") as place:
        folder = _written(files, slug, Path(place), with_translations=False)
        problems = tuple(check_pack(folder))
        report = Report()
        questionnaire = read_folder(folder, report)
        sound = questionnaire is not None and not report.problems
        examples = tuple(read_profiles(folder, Report()))
    decided = {}
    if questionnaire is not None and sound:
        for example in examples:
            try:
                decided[example.name] = decide(questionnaire, example)
            except BadProfile:
                continue
    return Inspection(problems, questionnaire, sound, examples, decided)


def check_whole(files: Files, slug: str) -> tuple[Problem, ...]:
    """Every fault of a draft, those of its translations included."""
    with tempfile.TemporaryDirectory(prefix="plumbline-draft-") as place:
        return tuple(check_pack(_written(files, slug, Path(place), with_translations=True)))


def _written(files: Files, slug: str, place: Path, *, with_translations: bool) -> Path:
    folder = place / slug
    folder.mkdir()
    for path, text in files.items():
        if with_translations or not translated(path):
            check_path(path)
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, "utf-8")
    return folder


def check_path(path: str) -> str:
    """The path of a file of a pack; Refused for one that could lie elsewhere or is none of ours."""
    if not _PATH.match(path) or ".." in path:
        raise Refused(
            N_("%(path)s is no file of a questionnaire.", path=path[:80]),
            "A pack holds pack.yaml, and in folders of small letters files that end in .yaml.",
            places=("file",),
        )
    return path


def check_slug(slug: str) -> str:
    """The short name of a questionnaire; Refused where it is none."""
    if not _SLUG.match(slug):
        raise Refused("The short name takes small letters, digits and -.", "Mend slug in pack.yaml.")
    return slug


def packed(files: Files, slug: str) -> bytes:
    """The files as one .zip, in a folder of the pack's name; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            archive.writestr(zipfile.ZipInfo(f"{slug}/{path}"), files[path].encode(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(raw: bytes) -> dict[str, str]:
    """The files of an uploaded .zip, in a folder of its own or not.

    Raises Refused for what is no .zip, holds no YAML, is too large, or names a place outside.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        names = [info for info in archive.infolist() if not info.is_dir() and not _ours_not(info.filename)]
        if len(names) > MOST_FILES or sum(info.file_size for info in names) > LARGEST_PACK:
            raise Refused("This .zip holds more than a questionnaire does.", "Send the pack alone.")
        folder = _folder([info.filename for info in names])
        return {
            check_path(info.filename.removeprefix(folder)): text_of(_taken(archive, info), info.filename)
            for info in names
        }
    except BROKEN_ARCHIVE as error:
        raise Refused(
            "This is no .zip that can be read.",
            "Download the draft, change its files, and send the .zip of them.",
            places=("file",),
        ) from error


def _ours_not(name: str) -> bool:
    """Whether a name is what file managers leave in archives."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _folder(names: list[str]) -> str:
    """The folder that all lie in, to its pack.yaml; "" where there is none."""
    found = next((name for name in sorted(names, key=len) if name.rpartition("/")[2] == PACK_FILE), None)
    if found is None:
        raise Refused(
            "This .zip holds no pack.yaml.", "Send the whole pack, or one file on its own.", places=("file",)
        )
    return found.removesuffix(PACK_FILE)


def _taken(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as stream:  # the size in the directory is only what it says of itself
        return stream.read(LARGEST_FILE + 1)


def text_of(raw: bytes, name: str) -> str:
    """The text of an uploaded file; Refused where it is too large or no UTF-8."""
    if len(raw) > LARGEST_FILE:
        raise Refused(
            N_("%(file)s is larger than 1 MB.", file=name[:80]), "One topic has one file; split it."
        )
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refused(N_("%(file)s is not UTF-8 text.", file=name[:80]), "Save the file as UTF-8.") from error
