"""One world with a case in each state of ownership, and what every kind of URL value names in it.

``granted``: Kovo's smelter, published, shared with Nordvolt, in follow-up at the firm. ``expired`` and
``revoked``: Kovo's, self-declared, once shared with Nordvolt. ``never``: Kovo's yard in fact check at the
firm (taken from the other firm before), shared with nobody. ``rival``: Rival's, shared with Hartwell.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessments.actions.action import CorrectiveAction
from assessments.assessment import Assessment
from assessments.authoring.drafts import make_draft
from assessments.evidence.documents import upload_document
from assessments.parties import SYSTEM, Actor, Membership, Organization
from assessments.publishing.publication import publish_self_declared
from assessments.questionnaire.editing.files import shipped_files, translated
from assessments.result import Layer, Result
from assessments.sharing.asks import Said, add_ask
from assessments.sharing.disclosure import AccessRequest, Disclosure, LegalBasis
from assessments.sharing.granting import revoke
from assessments.sharing.requesting import Named, send_request
from assessments.sheet.linking import link_evidence
from assessments.sheet.snapshot import submit
from assessments.verification.assignment import Basis, Phase, live_assignment
from assessments.verification.finding import FindingState, findings_of
from assessments.verification.firms import assign, end_assignment
from assessments.verification.recording import declare_maturity
from plumbline.documents import open_store
from plumbline.documents.receiving import receive
from plumbline.identity.records import ApiToken
from plumbline.identity.visitor import create_token
from plumbline.settings import Settings
from tests.evidence import corpus
from tests.support import acts
from tests.support.assessing import opened, standard
from tests.support.cast import NOW, Cast, Member, site

DAY = timedelta(days=1)
LAYERS = frozenset(acts.LAYERS | {Layer.ANSWERS})
STATES = ("granted", "expired", "revoked", "never", "rival")


@dataclass
class Holding:
    """One supplier's case: what URL values name in it, and who reaches it how.

    ``marker`` stands in its texts, files and names and nowhere else. ``live`` and ``past`` are the buyers
    that read it now or did; ``firm`` has it assigned in ``phase``, ``former`` had.
    """

    state: str
    marker: str
    supplier: uuid.UUID
    names: dict[str, str] = field(default_factory=dict)
    live: frozenset[uuid.UUID] = frozenset()
    past: frozenset[uuid.UUID] = frozenset()
    firm: uuid.UUID | None = None
    former: uuid.UUID | None = None
    phase: Phase = Phase.VERIFICATION
    asker: uuid.UUID | None = None
    holder: uuid.UUID | None = None  # the person whose token it is


@dataclass(frozen=True)
class Holdings:
    """The cast and every holding by state."""

    cast: Cast
    by_state: dict[str, Holding]


def hold(settings: Settings, session: Session, cast: Cast) -> Holdings:
    """Act the world out; everything is committed."""
    return _Builder(settings, session, cast).build()


class _Builder:
    def __init__(self, settings: Settings, session: Session, cast: Cast) -> None:
        self.settings, self.session, self.cast = settings, session, cast

    def build(self) -> Holdings:
        cast = self.cast
        made = [
            self._published("granted", cast.smelter),
            self._lapsed("expired"),
            self._lapsed("revoked"),
            self._never(),
            self._rival(),
        ]
        draft = self._draft()
        for held in made:
            held.names["draft_id"] = draft
        self.session.commit()
        return Holdings(cast, {one.state: one for one in made})

    def _draft(self) -> str:
        """The steward's draft of a questionnaire, of one section alone: nobody else's."""
        files = {path: text for path, text in shipped_files().items() if not translated(path)}
        few = {path: text for path, text in files.items() if path.startswith(("pack.yaml", "ohs/"))}
        by = self.cast.sara.actor
        return str(make_draft(self.session, few, version="7.0", made_of="", by=by, at=NOW).id)

    def _published(self, state: str, site_id: uuid.UUID) -> Holding:
        held = self._new(state, self.cast.kovo)
        with held_texts(held.marker):
            assessment = self._submitted(held, site_id, self.cast.jana.actor)
            result = acts.published(self, assessment)
        grant = self._grant(held, result, self.cast.nordvolt, self.cast.jana)
        self._name(held, assessment, result)
        held.names["disclosure_id"] = str(grant)
        held.live, held.firm, held.phase = frozenset({self.cast.nordvolt}), self.cast.firm, Phase.FOLLOW_UP
        self._ask(held, self.cast.anna, self.cast.jana)
        return held

    def _lapsed(self, state: str) -> Holding:
        held = self._new(state, self.cast.kovo)
        place = site(self.session, self.cast.kovo, f"{held.marker} hall", "CZE")
        with held_texts(held.marker):
            assessment = self._submitted(held, place, self.cast.jana.actor)
            result = self._unchecked(assessment, self.cast.jana)
        ends = {"ends_at": NOW - DAY} if state == "expired" else {}
        grant = self._grant(held, result, self.cast.nordvolt, self.cast.jana, **ends)
        self._name(held, assessment, result)
        held.names["disclosure_id"] = str(grant)
        if state == "revoked":
            disclosure = self.session.get_one(Disclosure, grant)
            revoke(self.session, disclosure, by=self.cast.jana.actor, at=NOW - DAY)
        held.past = frozenset({self.cast.nordvolt})
        return held

    def _never(self) -> Holding:
        held, cast = self._new("never", self.cast.kovo), self.cast
        session, at = self.session, NOW - 55 * DAY
        with held_texts(held.marker):
            assessment = self._submitted(held, cast.yard, cast.jana.actor)
            other = session.get_one(Organization, cast.other_firm)
            first = assign(session, assessment, other, basis=Basis.DESK, by=cast.sara.actor, at=at)
            end_assignment(session, first, reason="Asked to be released.", by=cast.sara.actor, at=at + DAY)
            acts.verified(self, assessment)
            shared = [f for f in findings_of(session, assessment.id) if f.state is FindingState.SHARED]
            shared[0].dispute(session, f"{held.marker} was mended.", by=cast.jana.actor, at=NOW - DAY)
            action = acts.planned(self, shared[1])
        self._name(held, assessment, None)
        held.names.update(finding_id=str(shared[0].id), action_id=str(action.id))
        held.firm, held.former = cast.firm, cast.other_firm
        return held

    def _rival(self) -> Holding:
        held, cast = self._new("rival", self.cast.rival), self.cast
        with held_texts(held.marker):
            assessment = self._submitted(held, cast.rival_site, cast.rita.actor)
            result = self._unchecked(assessment, cast.rita)
        self._name(held, assessment, result)
        held.names["disclosure_id"] = str(self._grant(held, result, cast.hartwell, cast.rita))
        held.live = frozenset({cast.hartwell})
        self._ask(held, cast.hugo, cast.rita)
        return held

    def _new(self, state: str, supplier: uuid.UUID) -> Holding:
        return Holding(state, f"Marker{state.title()}Only", supplier)

    def _submitted(self, held: Holding, site_id: uuid.UUID, by: Actor) -> Assessment:
        session, at = self.session, NOW - 60 * DAY
        assessment = opened(session, site_id, by=by, at=at)
        name = f"{held.marker}.pdf"
        raw = corpus.pdf(filler=64).replace(corpus.noise(64), held.marker.ljust(64).encode())
        file = receive(open_store(self.settings), io.BytesIO(raw), name, limit=1 << 20)
        document = upload_document(session, held.supplier, f"{held.marker} permit", file, by=by, at=at)
        document.latest.release(file.storage_key, by=SYSTEM, at=at)
        sheet = acts.answer_everything(session, assessment.id, by=by, at=at)
        key = next(key for key in sheet.applicability.asked if key.startswith("OHS"))
        link_evidence(session, sheet, key, document, by=by, at=at)
        topic = sheet.questionnaire.question(key).topic
        declare_maturity(session, sheet, topic, 2, by=by, at=at)
        submit(session, assessment.id, agrees_to_public_statement=True, by=by, at=at)
        session.commit()
        held.names.update(
            question=key, topic=topic, section=topic.split(".")[0], document_id=str(document.id),
            version_id=str(document.latest.id),
        )  # fmt: skip
        return assessment

    def _unchecked(self, assessment: Assessment, by: Member) -> Result:
        made = publish_self_declared(self.session, assessment, acts.SIGNER, by=by.actor, at=NOW - 10 * DAY)
        self.session.commit()
        return made

    def _grant(self, held: Holding, result: Result, buyer: uuid.UUID, by: Member, **more: Any) -> uuid.UUID:
        version = uuid.UUID(held.names["version_id"])
        return acts.disclosed(
            self, result, buyer_id=buyer, by=by.actor, layers=LAYERS, at=NOW - 5 * DAY,
            evidence=frozenset({version}), **more,
        ).id  # fmt: skip

    def _ask(self, held: Holding, asker: Member, of: Member) -> None:
        request: AccessRequest = send_request(
            self.session, Named(email=of.email), layers=[Layer.STATUS], purpose=f"{held.state} purpose",
            legal_basis=next(iter(LegalBasis)), until=NOW + 90 * DAY, by=asker.actor, at=NOW - DAY,
        )  # fmt: skip
        held.names["request_id"], held.asker = str(request.id), asker.organization_id
        said = Said("ISO45001", reason=f"{held.marker} terms")
        ask = add_ask(self.session, said, by=asker.actor, at=NOW - DAY)
        held.names["ask_id"] = str(ask.id)

    def _name(self, held: Holding, assessment: Assessment, result: Result | None) -> None:
        session, cast = self.session, self.cast
        person = cast.rita if held.supplier == cast.rival else cast.petr
        buyer = cast.hartwell if held.supplier == cast.rival else cast.nordvolt
        create_token(session, person.membership_id, held.marker, ["*"], days=1, at=NOW)
        session.flush()
        token = session.scalars(select(ApiToken.id).where(ApiToken.name == held.marker)).one()
        member = session.scalars(select(Membership.id).where(Membership.id == person.membership_id)).one()
        held.holder = person.person_id
        held.names.update(
            assessment_id=str(assessment.id), site_id=str(assessment.site_id), buyer_id=str(buyer),
            membership_id=str(member), token_id=str(token), move="agree",
            slug=standard().slug, version=standard().version,
        )  # fmt: skip
        if result is not None:
            held.names["result_id"] = str(result.id)
        assignment = live_assignment(session, assessment.id)
        if assignment is not None:
            held.names["assignment_id"] = str(assignment.id)
            findings = [f for f in findings_of(session, assessment.id) if f.state is FindingState.OPEN]
            if findings:
                action = select(CorrectiveAction.id).where(CorrectiveAction.finding_id == findings[0].id)
                held.names.update(
                    finding_id=str(findings[0].id), action_id=str(session.scalars(action).one())
                )


@contextmanager
def held_texts(marker: str) -> Iterator[None]:
    """Let what the acts write down carry a marker: free texts of answers, statements of findings."""
    plain = acts._value

    def marked(shape: Any, *, cell: bool = False) -> Any:
        value = plain(shape, cell=cell)
        return f"{marker} office" if value == "Kept in the site office" else value

    found = tuple((topic, grade, f"{marker}: {text}") for topic, grade, text in acts.FOUND)
    with patch.object(acts, "_value", marked), patch.object(acts, "FOUND", found):
        yield
