"""Requests and disclosures: who may see which layer of which topic of which result, until when."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assessments.base import Base, new_id
from assessments.parties import BUYER_ADMIN, PLATFORM, SUPPLIER_ADMIN, Organization, Role, Site
from assessments.result import Layer
from assessments.verification.assignment import Basis
from assessments.workflow import Move, Workflow

ALL_TOPICS = "*"


class RequestState(enum.StrEnum):
    """The states of DESIGN.md 2. The asker reads "not shared" for declined and lapsed alike."""

    SENT = "sent"
    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class DisclosureState(enum.StrEnum):
    """Expired is a matter of the clock; revoked is recorded."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class LegalBasis(enum.StrEnum):
    """Why a buyer may ask (shown to the supplier beside the purpose)."""

    DUE_DILIGENCE_LAW = "due_diligence_law"
    PRODUCT_LAW = "product_law"
    REPORTING_LAW = "reporting_law"
    CONTRACT = "contract"
    VOLUNTARY = "voluntary"


R = RequestState

REQUEST_MOVES: Workflow[RequestState, Role] = Workflow(
    name="request",
    initial=R.SENT,
    moves=(
        Move("grant", frozenset({R.SENT}), R.GRANTED, SUPPLIER_ADMIN),
        Move("grant_part", frozenset({R.SENT}), R.PARTLY_GRANTED, SUPPLIER_ADMIN),
        Move("decline", frozenset({R.SENT}), R.DECLINED, SUPPLIER_ADMIN),
        Move("lapse", frozenset({R.SENT}), R.LAPSED, PLATFORM, "30 days; silence is no"),
        Move(
            "withdraw",
            frozenset({R.SENT, R.DECLINED}),
            R.WITHDRAWN,
            BUYER_ADMIN,
            "until it lapses, also where a no was said that the asker cannot know of",
        ),
    ),
    final=frozenset({R.GRANTED, R.PARTLY_GRANTED, R.LAPSED, R.WITHDRAWN}),
)

DISCLOSURE_MOVES: Workflow[DisclosureState, Role] = Workflow(
    name="disclosure",
    initial=DisclosureState.ACTIVE,
    moves=(
        Move("revoke", frozenset({DisclosureState.ACTIVE}), DisclosureState.REVOKED, SUPPLIER_ADMIN),
        Move(
            "expire",
            frozenset({DisclosureState.ACTIVE}),
            DisclosureState.EXPIRED,
            PLATFORM,
            "by the clock: a comparison at each statement, no row is touched",
        ),
    ),
    final=frozenset({DisclosureState.EXPIRED, DisclosureState.REVOKED}),
)


class AccessRequest(Base):
    """A buyer's question to a supplier. Unmatched ones (``supplier_id`` empty) lapse like the others.

    ``asked_by_*`` is how the buyer named the supplier; it never learns whether that matched anybody.
    """

    __tablename__ = "access_request"
    __table_args__ = (
        CheckConstraint("state = 'sent' OR ended_at IS NOT NULL", name="ended_at"),
        Index(None, "supplier_id", "state"),
        Index(None, "buyer_id", "sent_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    buyer_name: Mapped[str]
    supplier_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organization.id"))
    named_by: Mapped[dict[str, Any]] = mapped_column(
        doc='{"lei"}, {"country", "register_number"}, {"email"} or {"assessment_id", "supplier_name"}'
    )
    layers: Mapped[list[str]]
    purpose: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[LegalBasis]
    until: Mapped[datetime] = mapped_column(doc="to when the buyer would like to see it")
    state: Mapped[RequestState] = mapped_column(default=RequestState.SENT)
    sent_at: Mapped[datetime]
    sent_by: Mapped[uuid.UUID | None]
    lapses_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Disclosure(Base):
    """One grant: buyer, site, items, purpose, start, end; one result, or by a separate tick the later ones.

    The commercial switch stands alone and is in no preset.
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="window"),
        CheckConstraint("result_id IS NOT NULL OR follow_later", name="names_something"),
        CheckConstraint("buyer_id <> supplier_id", name="parties"),
        Index("ix_disclosure_buyer", "buyer_id", "site_id"),
        Index("ix_disclosure_supplier", "supplier_id", "granted_at"),
        Index(None, "site_id"),
        Index(None, "result_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    result_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("result.id"))
    follow_later: Mapped[bool] = mapped_column(default=False)
    commercial: Mapped[bool] = mapped_column(default=False)
    purpose: Mapped[str] = mapped_column(Text)
    request_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("access_request.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    granted_at: Mapped[datetime]
    granted_by: Mapped[uuid.UUID | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[uuid.UUID | None]

    buyer: Mapped[Organization] = relationship(foreign_keys=[buyer_id])
    site: Mapped[Site] = relationship()
    items: Mapped[list["DisclosureItem"]] = relationship(back_populates="disclosure")

    def state_at(self, at: datetime) -> DisclosureState:
        """The state at an instant; before its start a disclosure counts as active and shows nothing yet."""
        if self.revoked_at is not None:
            return DisclosureState.REVOKED
        return DisclosureState.EXPIRED if at >= self.ends_at else DisclosureState.ACTIVE


class DisclosureItem(Base):
    """One layer of one topic (``*``: all), or one evidence version as original or redacted copy."""

    __tablename__ = "disclosure_item"
    __table_args__ = (
        CheckConstraint("(layer = 'evidence') = (version_id IS NOT NULL)", name="version"),
        Index("ix_disclosure_item_lookup", "disclosure_id", "layer", "topic"),
        Index(None, "version_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    disclosure_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("disclosure.id"))
    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    layer: Mapped[Layer]
    topic: Mapped[str] = mapped_column(default=ALL_TOPICS)
    version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document_version.id"))

    disclosure: Mapped[Disclosure] = relationship(back_populates="items")


class BuyerSupplierNote(Base):
    """A buyer's own number, tags and note on a supplier it sees; nobody else's business."""

    __tablename__ = "buyer_supplier_note"

    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    own_number: Mapped[str | None]
    tags: Mapped[list[str]]
    note: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime]


class PortfolioRow(Base):
    """The projection every buyer list is driven from: one per (buyer, assessment it may see something of).

    Granting, revoking and publishing change it in the same transaction. ``visible_from`` and
    ``visible_until`` are compared with database time at each statement. ``maturity`` and the counts hold
    disclosed topics only, so what is not granted looks like what does not exist.
    """

    __tablename__ = "portfolio_row"
    __table_args__ = (
        Index("ix_portfolio_row_name", "buyer_id", "supplier_name", "assessment_id"),
        Index("ix_portfolio_row_changed", "buyer_id", "changed_at", "assessment_id"),
        Index("ix_portfolio_row_until", "buyer_id", "shared_until", "assessment_id"),
        Index("ix_portfolio_row_published", "buyer_id", "published_order", "assessment_id"),
        Index("ix_portfolio_row_result", "buyer_id", "result_id"),
        Index(None, "visible_until"),
        Index(None, "assessment_id"),
        Index(None, "supplier_id"),
    )

    buyer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"), primary_key=True)
    assessment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    supplier_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organization.id"))
    site_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("site.id"))
    result_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("result.id"))
    result_number: Mapped[int | None]
    result_sha256: Mapped[str | None]
    visible_from: Mapped[datetime]
    visible_until: Mapped[datetime]
    shared_until: Mapped[datetime] = mapped_column(doc="latest end among the grants, as shown")
    supplier_name: Mapped[str]
    site_name: Mapped[str]
    country: Mapped[str]
    activities: Mapped[list[str]]
    materials: Mapped[list[str]]
    cycle_label: Mapped[str]
    stage: Mapped[str | None]
    stage_since: Mapped[datetime | None]
    basis: Mapped[Basis | None]
    worker_voice: Mapped[bool | None] = mapped_column(Boolean)
    published_at: Mapped[datetime | None]
    published_order: Mapped[datetime] = mapped_column(
        doc="published_at, 1970 where there is none: for sorting"
    )
    valid_until: Mapped[datetime | None]
    maturity: Mapped[list[dict[str, Any]]] = mapped_column(doc="[{section, topic, self, verified, basis}]")
    critical_open: Mapped[int | None]
    major_open: Mapped[int | None]
    minor_open: Mapped[int | None]
    observations: Mapped[int | None]
    good_practices: Mapped[int | None]
    actions_settled: Mapped[int | None]
    actions_agreed: Mapped[int | None] = mapped_column(doc="all that are not proposed, returned or dropped")
    next_due_on: Mapped[str | None]
    changed_at: Mapped[datetime]


class LedgerAction(enum.StrEnum):
    """What somebody did with a supplier's data."""

    LISTED = "listed"
    OPENED = "opened"
    DOWNLOADED = "downloaded"
    EXPORTED = "exported"


class AccessLedgerEntry(Base):
    """One look at a supplier's data: who (organization and function, no person), what, when.

    A list or export writes one row that names all suppliers listed. Append-only.
    """

    __tablename__ = "access_ledger"
    __table_args__ = (
        Index("ix_access_ledger_suppliers", "supplier_ids", postgresql_using="gin"),
        Index(None, "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    supplier_ids: Mapped[list[str]] = mapped_column(doc="ids as text")
    reader_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("organization.id"))
    reader_name: Mapped[str]
    reader_function: Mapped[str]
    action: Mapped[LedgerAction]
    assessment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("assessment.id"))
    what: Mapped[dict[str, Any]] = mapped_column(doc="layers, topics, file names opened")
