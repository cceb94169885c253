"""Which questionnaire the public pages show: the version published last or asked for, else the pack."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import request
from werkzeug.exceptions import NotFound

from assessments.authoring.versions import newest_first
from assessments.questionnaire.model import Questionnaire, Topic, UnknownQuestion
from assessments.questionnaire.pack.loading import load_pack
from assessments.sheet.reading import questionnaire_of
from plumbline.extensions import db
from plumbline.reading_language import as_read
from plumbline.transaction import SYSTEM_TENANT, enter

SLUG = "standard"


@dataclass(frozen=True)
class Published:
    """A version that stands for ever."""

    id: uuid.UUID
    version: str
    published_at: datetime


@dataclass(frozen=True)
class Shown:
    """A questionnaire in the visitor's language, and the versions there are to choose from, newest first.

    ``published`` None: nothing is published yet, and this is the pack that ships with the product.
    """

    questionnaire: Questionnaire
    published: Published | None
    versions: tuple[Published, ...]

    @property
    def newest(self) -> bool:
        """Whether new assessments use it."""
        return self.published is None or self.published == self.versions[0]

    @property
    def before(self) -> Published | None:
        """The version published before the one shown."""
        if self.published is None:
            return None
        older = self.versions[self.versions.index(self.published) + 1 :]
        return older[0] if older else None

    @property
    def keep(self) -> str:
        """What an address carries on so that the same version is shown: "" for the newest."""
        return "" if self.newest or self.published is None else f"?version={self.published.version}"

    def topic(self, key: str) -> Topic:
        """A topic by its key in any case. Raises NotFound where this version has none."""
        try:
            return self.questionnaire.topic(key.upper())
        except UnknownQuestion:
            raise NotFound from None


def shown_questionnaire() -> Shown:
    """What ``?version=`` asks for, else the newest; one statement. Raises NotFound for an unknown version.

    A published version is read and parsed once per process, and so is the pack.
    """
    session = db.session()
    enter(session, SYSTEM_TENANT)
    rows = session.execute(newest_first(SLUG)).all()
    versions = tuple(Published(row.id, row.version, row.published_at) for row in rows)
    wanted = request.args.get("version", "")
    if not versions and wanted in ("", load_pack(SLUG).version):
        return Shown(as_read(load_pack(SLUG)), None, ())
    found = next((one for one in versions if not wanted or one.version == wanted), None)
    if found is None:
        raise NotFound
    questionnaire, _digest = questionnaire_of(session, found.id)
    return Shown(as_read(questionnaire), found, versions)
