"""The dated record of deadlines, validity and thresholds. Never in the questionnaire, never in code paths.

The values of ``FIRST_TERMS`` are those of DESIGN.md 2; a steward sets others from a date on, and what was
begun under one record stays under it because every deadline is stored where it applies.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assessments.base import Base, in_calendar, new_id
from assessments.sentences import N_
from assessments.workflow import Refused


@dataclass(frozen=True)
class Terms:
    """Deadlines in the unit each name says; first values from DESIGN.md 2."""

    clarification_working_days: int = 10
    fact_check_days: int = 14
    fact_check_extension_days: int = 14
    correction_window_days: int = 90
    self_declared_valid_months: int = 12
    desk_valid_months: int = 24
    remote_valid_months: int = 24
    on_site_valid_months: int = 36
    request_lapses_days: int = 30
    later_results_notice_days: int = 14
    critical_contained_hours: int = 48
    critical_containment_verified_days: int = 30
    major_plan_days: int = 14
    major_plan_days_small: int = 30
    major_verified_months: int = 6
    minor_plan_days: int = 30
    minor_plan_days_small: int = 90
    minor_verified_months: int = 12
    small_firm_employees: int = 49
    effectiveness_check_months: int = 6
    aggregate_smallest_group: int = 5
    evidence_largest_mb: int = 50
    session_hours: int = 12

    def plan_days(self, grade: str, employees: int | None) -> int:
        """Days from opening within which a plan is agreed, for a ``major`` or ``minor`` finding."""
        small = employees is not None and employees <= self.small_firm_employees
        if grade == "minor":
            return self.minor_plan_days_small if small else self.minor_plan_days
        return self.major_plan_days_small if small else self.major_plan_days

    def verified_by(self, grade: str, opened: datetime) -> datetime:
        """The instant by which closing a finding of this grade, opened then, should be verified."""
        if grade == "critical":
            return opened + timedelta(days=self.critical_containment_verified_days)
        months = self.minor_verified_months if grade == "minor" else self.major_verified_months
        return add_months(opened, months)

    def valid_months(self, basis: str) -> int:
        """Months for which a result stands whose strongest basis is ``basis``."""
        return {
            "self_declared": self.self_declared_valid_months,
            "desk": self.desk_valid_months,
            "remote": self.remote_valid_months,
            "on_site": self.on_site_valid_months,
        }[basis]


FIRST_TERMS = Terms()


class TermsRecord(Base):
    """One dated set of terms; the one with the latest ``effective_from`` not after a day governs it."""

    __tablename__ = "terms"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    effective_from: Mapped[date] = mapped_column(unique=True)
    figures: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]

    @property
    def terms(self) -> Terms:
        """The figures as Terms; a figure that the record does not name keeps its first value."""
        known = asdict(FIRST_TERMS)
        return Terms(**{name: self.figures.get(name, value) for name, value in known.items()})


def terms_at(session: Session, at: datetime) -> Terms:
    """Return the terms that govern the instant ``at``; the first ones where no record was published."""
    record = session.scalars(
        select(TermsRecord)
        .where(TermsRecord.effective_from <= at.astimezone(UTC).date())
        .order_by(TermsRecord.effective_from.desc())
        .limit(1)
    ).first()
    return record.terms if record else FIRST_TERMS


def publish_terms(session: Session, terms: Terms, *, effective_from: date, at: datetime) -> TermsRecord:
    """Record terms from a day on. Raises Refused naming figures below 1, a past day, or a day already taken.

    The very first record may begin in the past: it says what has held since.
    """
    wrong = [name for name, value in asdict(terms).items() if value < 1]
    if wrong:
        raise Refused("Every figure is at least 1.", "Correct the figures named.", places=wrong)
    if not in_calendar(effective_from):
        raise Refused("This is no day to come.", "Check the year.", places=("effective_from",))
    present = set(session.scalars(select(TermsRecord.effective_from)))
    if effective_from in present:
        raise Refused(
            N_("Terms from %(day)s are there already.", day=effective_from),
            "Choose another day.",
            places=("effective_from",),
        )
    if present and effective_from < at.astimezone(UTC).date():
        raise Refused(
            "Terms do not begin in the past.", "Choose a day from today on.", places=("effective_from",)
        )
    record = TermsRecord(id=new_id(), effective_from=effective_from, figures=asdict(terms), published_at=at)
    session.add(record)
    return record


def add_months(instant: datetime, months: int) -> datetime:
    """Return the same day ``months`` later, or the month's last day where it is shorter (31 January + 1)."""
    index = instant.month - 1 + months
    year, month = instant.year + index // 12, index % 12 + 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    last = (first_of_next - timedelta(days=1)).day
    return instant.replace(year=year, month=month, day=min(instant.day, last))


def add_working_days(instant: datetime, days: int) -> datetime:
    """Return ``instant`` moved on by ``days`` days that are not Saturday or Sunday."""
    moved = instant
    while days > 0:
        moved += timedelta(days=1)
        if moved.weekday() < 5:
            days -= 1
    return moved
