"""The demo world as a whole: a steward, two assessment firms, five buyers, sixty suppliers, what they share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from assessments.assessment import QuestionnaireVersion
from assessments.parties import Actor, Organization, OrganizationKind, Role, Site
from assessments.publishing.publication import result_of
from assessments.result import Layer, Signer
from assessments.sharing.asks import add_ask
from assessments.sharing.disclosure import LegalBasis
from assessments.sharing.granting import Offer, grant
from assessments.sharing.ledger import record_opening
from assessments.sharing.requesting import Named, send_request
from assessments.sheet.profile import add_site
from assessments.terms import FIRST_TERMS, publish_terms
from plumbline.documents.store import Store
from plumbline.seeds.asking import ASKS
from plumbline.seeds.course import Course, Desk
from plumbline.seeds.firms import ASSESSMENT_FIRMS, BUYERS, STEWARD, SUPPLIERS, Firm
from plumbline.seeds.people import People, SignIn
from plumbline.seeds.replies import as_mapping, hash_drive
from plumbline.seeds.stages import BEGAN, Stage, bring, stage_of

SECOND_CYCLE = 8  # firms that also have a finished cycle of the year before
PRINTED = 3  # suppliers whose people can sign in
FULL = frozenset({Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN})
PARTLY = frozenset({Layer.STATUS, Layer.PROFILE})
PURPOSE = "Due diligence on our metal suppliers, as our law asks"
Said = Callable[[str], None]


class World:
    """Makes everything, firm by firm; each firm is one transaction, so a stop leaves whole firms."""

    def __init__(
        self, session: Session, version: QuestionnaireVersion, *, store: Store, signer: Signer,
        memory_kib: int, now: datetime, say: Said,
    ) -> None:  # fmt: skip
        self._session = session
        self._version = version
        self._store = store
        self._signer = signer
        self._now = now
        self._say = say
        self._began = now - timedelta(days=800)
        self._people = People(session, memory_kib=memory_kib, began=self._began, now=now)
        self._buyers: list[tuple[Organization, Actor]] = []
        self._firms: list[tuple[Organization, Actor, Actor]] = []
        self._steward: dict[Role, Actor] = {}

    def make(self) -> list[SignIn]:
        """Make the world and return the sign-ins to print."""
        publish_terms(self._session, FIRST_TERMS, effective_from=self._began.date(), at=self._began)
        self._make_steward()
        self._make_firms()
        self._make_buyers()
        self._session.commit()
        for number, firm in enumerate(SUPPLIERS):
            self._make_supplier(number, firm)
            self._session.commit()
            if number % 10 == 9:
                self._say(f"{number + 1} of {len(SUPPLIERS)} suppliers")
        return self._people.sign_ins

    def _make_steward(self) -> None:
        owner = self._people.organization(*STEWARD, OrganizationKind.STEWARD)
        for role in Role:
            if role.value.startswith("steward_"):
                word = role.value.removeprefix("steward_").replace("_", "-")
                self._steward[role] = self._people.member(owner, role, sign_in=f"steward-{word}")

    def _make_firms(self) -> None:
        for number, (name, country) in enumerate(ASSESSMENT_FIRMS):
            firm = self._people.organization(name, country, OrganizationKind.ASSESSMENT_FIRM)
            word = name.split()[0].lower()
            lead = self._people.member(firm, Role.ASSESSOR_LEAD, sign_in=f"lead-{word}")
            assessor = self._people.member(
                firm, Role.ASSESSOR, sign_in=f"assessor-{word}" if number < 2 else ""
            )
            self._firms.append((firm, lead, assessor))

    def _make_buyers(self) -> None:
        for number, (name, country) in enumerate(BUYERS):
            buyer = self._people.organization(name, country, OrganizationKind.BUYER)
            word = name.split()[0].lower()
            admin = self._people.member(
                buyer, Role.BUYER_ADMIN, sign_in=f"buyer-{word}" if number < 2 else ""
            )
            if number < 1:
                self._people.member(buyer, Role.BUYER_VIEWER, sign_in=f"viewer-{word}")
            self._buyers.append((buyer, admin))
            for said in ASKS[number] if number < len(ASKS) else ():
                add_ask(self._session, said, by=admin, at=self._now - timedelta(days=20))

    def _make_supplier(self, number: int, firm: Firm) -> None:
        owner = self._people.organization(
            firm.name, firm.country, OrganizationKind.SUPPLIER, legal_form=firm.form,
            employees=firm.employees, register_number=f"{firm.country}-{30000 + number}",
        )  # fmt: skip
        printed = number < PRINTED
        admin = self._people.member(
            owner, Role.SUPPLIER_ADMIN, sign_in=f"supplier-{number + 1}" if printed else ""
        )
        contributor = self._people.member(
            owner, Role.SUPPLIER_CONTRIBUTOR, sign_in=f"contributor-{number + 1}" if printed else ""
        )
        if number == 0:  # one person of two organizations, to switch between
            self._people.also(admin, self._buyers[0][0], Role.BUYER_VIEWER)
        sites = [self._make_site(owner, firm, each, admin) for each in firm.sites]
        assessing, lead, assessor = self._firms[number % len(self._firms)]
        desk = Desk(
            admin=admin, contributor=contributor, firm=assessing, lead=lead, assessor=assessor,
            steward=self._steward[Role.STEWARD_ADMIN], reviewer=self._steward[Role.STEWARD_REVIEWER],
            appeal=self._steward[Role.STEWARD_APPEAL], signer=self._signer, store=self._store,
        )  # fmt: skip
        stage, drive = stage_of(number), hash_drive(firm.name)
        if number < SECOND_CYCLE:
            before = self._course(desk, sites[0], "2025", self._now - timedelta(days=540), max(0, drive - 1))
            bring(before, Stage.SELF_DECLARED if number % 2 else Stage.PUBLISHED, number)
        course = self._course(desk, sites[0], "2026", self._now - timedelta(days=BEGAN[stage]), drive)
        bring(course, stage, number)
        if number == 0:  # the README's firm answers for its second site right now
            other = self._course(desk, sites[1], "2026", self._now - timedelta(days=3), drive)
            bring(other, Stage.HALF_ANSWERED, 2)
        self._share(number, course)

    def _make_site(
        self, owner: Organization, firm: Firm, each: tuple[str, str, str, float], admin: Actor
    ) -> Site:
        name, positions, materials, share = each
        people = max(1, round(firm.employees * share))
        activities = positions.split()
        office = activities == ["SRV"]
        return add_site(
            self._session, owner.id,
            {
                "name": name, "country": firm.country, "address": f"Works road 12, {name.split()[0]}",
                "tenure": "owned" if firm.employees > 60 else "leased", "activities": activities,
                "production": not office, "employees": people, "agency_workers": people // 12,
                "migrant_workers": people // 20, "employer_housing": firm.employees > 1000,
                "guards": firm.employees > 300, "near_indigenous_land": "EXT" in activities,
                "materials": as_mapping(materials),
            },
            by=admin, at=self._began,
        )  # fmt: skip

    def _course(self, desk: Desk, site: Site, label: str, at: datetime, drive: int) -> Course:
        return Course(
            session=self._session, desk=desk, site=site, version=self._version, label=label, at=at,
            drive=drive, seed=f"{site.name} {label}",
        )  # fmt: skip

    def _share(self, number: int, course: Course) -> None:
        """Buyers ask, the supplier grants some of it, buyers look; one withheld topic, one later start."""
        # The first buyer buys from most of them; the others from a few each.
        buyers = [self._buyers[0], self._buyers[1 + number % (len(self._buyers) - 1)]]
        result = result_of(self._session, course.assessment.id)
        for turn, (buyer, asking) in enumerate(buyers):
            if result is None:
                if number % 3 == 0 and turn == 0:
                    self._ask(course, asking)
                continue
            if turn == 1 and number % 3:
                continue
            at = min(max(course.at, result.published_at) + timedelta(days=2), self._now - timedelta(hours=2))
            grant(
                self._session,
                Offer(
                    site_id=course.site.id, result_id=result.id, layers=PARTLY if number % 4 == 3 else FULL,
                    purpose=PURPOSE, ends_at=self._now + timedelta(days=120 + 20 * (number % 9)),
                    follow_later=number % 5 == 0,
                    without=frozenset({"MIN.2"}) if number % 6 == 0 else frozenset(),
                ),
                buyer_id=buyer.id, by=course.desk.admin, at=at,
            )  # fmt: skip
            record_opening(
                self._session, asking, buyer.legal_name, supplier_id=course.assessment.organization_id,
                assessment_id=course.assessment.id, what={"layers": sorted(PARTLY)},
                at=min(at + timedelta(days=1), self._now),
            )  # fmt: skip
        if number == 0:
            self._ask(course, self._buyers[3][1])

    def _ask(self, course: Course, asking: Actor) -> None:
        owner = self._session.get_one(Organization, course.assessment.organization_id)
        send_request(
            self._session, Named(country=owner.country, register_number=owner.register_number),
            layers=[Layer.STATUS, Layer.PROFILE, Layer.PLAN], purpose=PURPOSE,
            legal_basis=LegalBasis.DUE_DILIGENCE_LAW, until=self._now + timedelta(days=300), by=asking,
            at=self._now - timedelta(days=3),
        )  # fmt: skip
