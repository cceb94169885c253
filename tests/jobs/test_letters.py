"""SEND_LETTER: who gets which letter, once each, and what it may not give away."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from assessments.assessment import Assessment, AssessmentState, Cycle, QuestionnaireVersion
from assessments.audit.events import AuditEvent, EventKind
from assessments.base import new_id
from assessments.membership import add_member
from assessments.outbox import JobKind, JobState, LetterKind, OutboxJob
from assessments.parties import Membership, Person, Role
from assessments.sharing.disclosure import AccessRequest, Disclosure, LegalBasis, RequestState
from assessments.verification.clarification import Clarification
from plumbline import mail
from plumbline.identity.invitations import invitation_token
from plumbline.jobs import registry
from plumbline.jobs.drain import drain
from plumbline.jobs.handlers import letters
from plumbline.settings import FolderMail
from tests.support.cast import NOW, Cast, make_cast
from tests.support.desks import Place

DUE = datetime(2026, 5, 4, tzinfo=UTC)


class Post:
    """A world with the cast, one of each thing letters are about, and the folder they go to."""

    def __init__(self, place: Place) -> None:
        self.place = place
        with place.desk.sessions() as session:
            self.cast: Cast = make_cast(session)
            version = QuestionnaireVersion(
                id=new_id(), slug="x", version="1", title="x", content="{}", sha256="0", published_at=NOW
            )
            session.add(version)
            session.flush()
            cycle = Cycle(
                id=new_id(), organization_id=self.cast.kovo, label="x", version_id=version.id, opened_at=NOW
            )
            session.add(cycle)
            session.flush()
            self.assessment = Assessment(
                id=new_id(), cycle_id=cycle.id, organization_id=self.cast.kovo, site_id=self.cast.smelter,
                state=AssessmentState.FACT_CHECK, state_since=NOW, opened_at=NOW, submitted_at=NOW,
                fact_check_ends_at=DUE, fact_check_ended_at=DUE - timedelta(days=14),
            )  # fmt: skip
            session.add(self.assessment)
            session.flush()
            self.clarification = Clarification(
                id=new_id(), assessment_id=self.assessment.id, organization_id=self.cast.kovo,
                questions=["OHS-01"], message="secret words of the assessor", due_at=DUE, asked_at=NOW,
            )  # fmt: skip
            self.request = self._request(self.cast.kovo)
            self.unmatched = self._request(None)
            session.add_all([self.clarification, self.request, self.unmatched])
            session.flush()
            self.disclosure = Disclosure(
                id=new_id(), buyer_id=self.cast.nordvolt, supplier_id=self.cast.kovo,
                site_id=self.cast.smelter, follow_later=True, purpose="secret words of the supplier",
                starts_at=DUE - timedelta(days=30), ends_at=DUE, granted_at=NOW,
            )  # fmt: skip
            session.add(self.disclosure)
            session.flush()
            session.expunge_all()
        assert isinstance(place.settings.mail, FolderMail)
        self.folder = place.settings.mail.folder

    def _request(self, supplier: uuid.UUID | None) -> AccessRequest:
        return AccessRequest(
            id=new_id(), buyer_id=self.cast.nordvolt, buyer_name="Nordvolt Mobility SE", supplier_id=supplier,
            named_by={"lei": "5299000J2N45DDNE4Y28"}, layers=["status"], purpose="secret words of the buyer",
            legal_basis=LegalBasis.CONTRACT, until=NOW, sent_at=NOW, lapses_at=NOW + timedelta(days=30),
        )  # fmt: skip

    def ids(self, kind: LetterKind) -> dict[str, str]:
        """The ids that the domain puts into the payload of this letter."""
        if kind in {LetterKind.REQUEST_SENT, LetterKind.REQUEST_DECIDED}:
            return {"request_id": str(self.request.id)}
        if kind in {
            LetterKind.DISCLOSURE_GRANTED, LetterKind.DISCLOSURE_REVOKED, LetterKind.RESULT_AVAILABLE,
        }:  # fmt: skip
            return {"disclosure_id": str(self.disclosure.id)}
        if kind is LetterKind.MEMBER_INVITED:
            return self.invite()
        more = {"firm_id": str(self.cast.firm)} if kind is LetterKind.ASSIGNMENT_MADE else {}
        return {"assessment_id": str(self.assessment.id), **more}

    def invite(self) -> dict[str, str]:
        """Invite Nina without a letter, and give the ids that hers would have."""
        with self.place.desk.sessions() as session:
            added = add_member(
                session, self.cast.kovo, email="nina@example.org", name="Nina", role=Role.SUPPLIER_ADMIN,
                by=self.cast.jana.actor, at=NOW,
            )  # fmt: skip
            session.execute(delete(OutboxJob).where(OutboxJob.kind == JobKind.SEND_LETTER))
            ids = {"membership_id": added.id, "person_id": added.person_id, "organization_id": self.cast.kovo}
            session.commit()
        return {name: str(each) for name, each in ids.items()}

    def ask(self, kind: LetterKind | str, **ids: object) -> str:
        payload = ids or self.ids(LetterKind(kind))
        return self.place.ask(JobKind.SEND_LETTER, letter=str(kind), **payload)

    def send(self, kind: LetterKind, **ids: object) -> list[EmailMessage]:
        self.ask(kind, **ids)
        drain(self.place.desk)
        return self.letters()

    def letters(self) -> list[EmailMessage]:
        files = sorted(self.folder.glob("*")) if self.folder.exists() else []
        return [BytesParser(policy=policy.default).parsebytes(file.read_bytes()) for file in files]


def addresses(found: list[EmailMessage]) -> list[str]:
    return sorted(str(one["To"].addresses[0].addr_spec) for one in found)


@pytest.fixture
def post(place: Place) -> Post:
    registry.load()
    return Post(place)


WHO = {
    LetterKind.ASSESSMENT_SUBMITTED: ["jana"],
    LetterKind.ASSIGNMENT_MADE: ["lena", "sam"],
    LetterKind.CLARIFICATION_ASKED: ["jana", "petr"],
    LetterKind.FACT_CHECK_STARTED: ["jana", "petr"],
    LetterKind.FINDING_DECIDED: ["jana", "petr"],
    LetterKind.PUBLICATION_ANNOUNCED: ["jana"],
    LetterKind.RESULT_PUBLISHED: ["jana"],
    LetterKind.RESULT_AVAILABLE: ["anna"],
    LetterKind.REQUEST_SENT: ["jana"],
    LetterKind.REQUEST_DECIDED: ["anna"],
    LetterKind.DISCLOSURE_GRANTED: ["anna"],
    LetterKind.DISCLOSURE_REVOKED: ["anna"],
    LetterKind.ACTION_NEEDED: ["jana", "petr"],
    LetterKind.MEMBER_INVITED: ["nina"],
}


# That a version is out stands in tests/versions/test_announcing.py: it needs two of them.
@pytest.mark.parametrize("kind", [kind for kind in LetterKind if kind is not LetterKind.VERSION_PUBLISHED])
def test_a_letter_goes_to_those_it_concerns_and_says_no_more_than_it_must(
    post: Post, kind: LetterKind
) -> None:
    with post.place.desk.sessions() as session:
        session.execute(update(AccessRequest).values(state=RequestState.GRANTED, ended_at=NOW))
        if kind is LetterKind.RESULT_AVAILABLE:
            session.execute(update(Disclosure).values(ends_at=NOW + timedelta(days=1)))
    about = post.ids(kind)
    found = post.send(kind, **about)
    assert addresses(found) == [f"{name}@example.org" for name in WHO[kind]]
    organizations = {"Kovohut", "Nordvolt", "Hartwell", "Rival", "Lumen", "Meridian"}
    own = {"jana": "Kovohut", "petr": "Kovohut", "anna": "Nordvolt", "lena": "Lumen", "sam": "Lumen"}
    own["nina"] = "Kovohut"
    page = dict(about)
    if kind is LetterKind.MEMBER_INVITED:
        secret = post.place.settings.secret_key
        page["invitation"] = invitation_token(secret, uuid.UUID(about["membership_id"]))
    for letter in found:
        text = "".join(part.get_content() for part in letter.iter_parts())
        name = str(letter["To"].addresses[0].addr_spec).split("@")[0]
        assert "secret words" not in text
        acts = "because you act for" in text
        assert acts is (kind is not LetterKind.MEMBER_INVITED), "who is invited does not act for it yet"
        assert post.place.settings.public_url + letters.ADDRESSES[kind].page.format(**page) in text
        for other in organizations - {own[name]}:
            assert other not in text, "a letter names nobody else's organization"


def test_deadlines_come_from_the_record(post: Post) -> None:
    post.ask(LetterKind.CLARIFICATION_ASKED)
    post.ask(LetterKind.FACT_CHECK_STARTED)
    post.ask(LetterKind.DISCLOSURE_GRANTED)
    drain(post.place.desk)
    texts = [next(one.iter_parts()).get_content() for one in post.letters()]
    assert len(texts) == 5
    assert all("4 May 2026" in text for text in texts)


def test_each_person_has_a_job_and_an_event_of_their_own(post: Post) -> None:
    post.send(LetterKind.FACT_CHECK_STARTED)
    jobs = post.place.jobs()
    assert len(jobs) == 3
    assert {job.state for job in jobs.values()} == {JobState.DONE}
    with post.place.desk.reading() as session:
        found = list(session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.LETTER_SENT)))
    assert {event.subject_id for event in found} == {post.cast.jana.person_id, post.cast.petr.person_id}
    assert {event.organization_id for event in found} == {post.cast.kovo}
    assert {event.data["letter"] for event in found} == {"fact_check_started"}
    assert {event.data["job"] for event in found} == {one.stem for one in post.folder.iterdir()}


def test_a_letter_sent_and_not_recorded_is_recorded_and_not_sent_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker is lost between the letter and its event: the next one writes the same file."""
    post.ask(LetterKind.ASSESSMENT_SUBMITTED)
    drain(post.place.desk, most=1)

    def lost(*_args: object) -> registry.Settle:
        raise ConnectionError("lost")

    with monkeypatch.context() as patch:
        patch.setattr(letters, "_sent", lost)
        drain(post.place.desk)
    (first,) = post.letters()
    post.place.make_due()
    drain(post.place.desk)
    (second,) = post.letters()
    assert first.as_bytes() == second.as_bytes()
    assert set(post.place.states()) == {JobState.DONE}
    with post.place.desk.reading() as session:
        assert (
            len(session.scalars(select(AuditEvent).where(AuditEvent.kind == EventKind.LETTER_SENT)).all())
            == 1
        )


def test_a_retry_of_one_letter_repeats_nobody_elses(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    deliver = mail.FolderTransport.deliver

    def deliver_but_once(self: mail.FolderTransport, message: EmailMessage, letter_id: str) -> None:
        tried.append(str(message["To"].addresses[0].addr_spec))
        if tried.count("petr@example.org") == 1 and tried[-1] == "petr@example.org":
            raise OSError("mail server away")
        deliver(self, message, letter_id)

    monkeypatch.setattr(mail.FolderTransport, "deliver", deliver_but_once)
    post.send(LetterKind.FACT_CHECK_STARTED)
    post.place.make_due()
    drain(post.place.desk)
    assert sorted(tried) == ["jana@example.org", "petr@example.org", "petr@example.org"]
    assert len(post.letters()) == 2


@pytest.mark.parametrize("left", ["disabled", "membership ended"])
def test_who_left_gets_no_letter(post: Post, left: str) -> None:
    with post.place.desk.sessions() as session:
        if left == "disabled":
            session.execute(
                update(Person).where(Person.id == post.cast.jana.person_id).values(disabled_at=NOW)
            )
        else:
            session.execute(
                update(Membership).where(Membership.id == post.cast.jana.membership_id).values(ended_at=NOW)
            )
    assert post.send(LetterKind.ASSESSMENT_SUBMITTED) == []
    assert set(post.place.states()) == {JobState.DONE}


def test_a_request_that_matched_nobody_sends_nothing(post: Post) -> None:
    assert post.send(LetterKind.REQUEST_SENT, request_id=str(post.unmatched.id)) == []
    assert post.place.states() == [JobState.DONE]


@pytest.mark.parametrize("matched", [True, False])
def test_a_no_reaches_the_asker_only_when_silence_would(post: Post, matched: bool) -> None:
    """Declined, lapsed or unmatched: the letter leaves on the same day, so its time tells nothing."""
    request = post.request if matched else post.unmatched
    with post.place.desk.sessions() as session:
        session.execute(
            update(AccessRequest)
            .where(AccessRequest.id == request.id)
            .values(state=RequestState.DECLINED if matched else RequestState.LAPSED, ended_at=NOW)
        )
    assert post.send(LetterKind.REQUEST_DECIDED, request_id=str(request.id)) == []
    waiting = [job for job in post.place.jobs().values() if job.state is JobState.WAITING]
    assert [job.due_at for job in waiting] == [request.lapses_at]
    with post.place.desk.sessions() as session:
        session.execute(update(AccessRequest).values(lapses_at=NOW - timedelta(days=1)))
    post.place.make_due()
    drain(post.place.desk)
    assert addresses(post.letters()) == ["anna@example.org"]


def test_persons_named_outright_get_it_if_they_are_members(post: Post) -> None:
    cast = post.cast
    named = [str(cast.petr.person_id), str(cast.rita.person_id)]
    assessment = str(post.assessment.id)
    found = post.send(LetterKind.ACTION_NEEDED, assessment_id=assessment, person_ids=named)
    assert addresses(found) == ["petr@example.org"]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"letter": "love_letter"}, "no letter is called 'love_letter'"),
        ({"letter": "fact_check_started"}, "the payload has no id assessment_id"),
        ({"letter": "fact_check_started", "assessment_id": "7"}, "the payload has no id assessment_id"),
    ],
)
def test_a_payload_that_makes_no_sense_is_dead_at_once(
    post: Post, payload: dict[str, Any], error: str
) -> None:
    job_id = post.place.ask(JobKind.SEND_LETTER, **payload)
    drain(post.place.desk)
    job = post.place.jobs()[job_id]
    assert (job.state, job.attempts) == (JobState.DEAD, 1)
    assert job.last_error is not None
    assert error in job.last_error


def test_an_address_with_a_line_end_is_dead_at_once_and_sends_nothing(post: Post) -> None:
    with post.place.desk.sessions() as session:
        evil = "Jana\r\nBcc: everyone@example.org"
        session.execute(update(Person).where(Person.id == post.cast.jana.person_id).values(name=evil))
    assert post.send(LetterKind.ASSESSMENT_SUBMITTED) == []
    assert sorted(post.place.states()) == [JobState.DEAD, JobState.DONE]


def test_every_letter_has_an_address() -> None:
    assert set(letters.ADDRESSES) == set(LetterKind)
