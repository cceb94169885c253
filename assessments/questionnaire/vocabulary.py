"""The words of the questionnaire that have a fixed set of values."""

from __future__ import annotations

from enum import StrEnum


class PartKind(StrEnum):
    """What kind of value a part or a column of a table takes."""

    YES_PARTLY_NO = "yes_partly_no"
    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    DATE = "date"
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    TABLE = "table"
    LINK = "link"
    EVIDENCE = "evidence"


class Level(StrEnum):
    """Where a question is answered: once per legal entity and cycle, or for each site."""

    COMPANY = "company"
    SITE = "site"


class Tier(StrEnum):
    """How much depth a question adds; the pack says when a tier is switched on."""

    CORE = "core"
    STANDARD = "standard"
    EXTENDED = "extended"


class Recall(StrEnum):
    """The day or period that an answer is about."""

    TODAY = "today"
    YEAR_END = "year_end"
    LAST_BUSINESS_YEAR = "last_business_year"
    LAST_12_MONTHS = "last_12_months"
    LAST_24_MONTHS = "last_24_months"
    LAST_3_YEARS = "last_3_years"


class Purpose(StrEnum):
    """What buyers may use the answer for."""

    CSRD = "csrd"
    DUE_DILIGENCE = "due_diligence"
    PRODUCT_RULES = "product_rules"
    CUSTOMER_PROGRAMME = "customer_programme"


class Strength(StrEnum):
    """How a question and an element of a standard relate (content guide, part 2)."""

    EQUAL = "equal"
    BROADER = "broader"
    NARROWER = "narrower"
    PARTIAL = "partial"


class Grade(StrEnum):
    """The grade of a finding (DESIGN.md 1)."""

    GOOD_PRACTICE = "good_practice"
    OBSERVATION = "observation"
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


class FindingKind(StrEnum):
    """What kind of thing a finding is; collaborative: one site cannot solve it alone."""

    GAP = "gap"
    LEGAL = "legal"
    COLLABORATIVE = "collaborative"


class FactGroup(StrEnum):
    """Where a fact comes from: the profile, the risk scanner over it, or answers."""

    PROFILE = "profile"
    SCANNER = "scanner"
    ANSWERS = "answers"


SIZES = ("micro", "small", "medium", "large", "very_large")
"""Sizes of firms by head-count, smallest first."""
LARGEST_OF_SIZE = {"micro": 10, "small": 49, "medium": 249, "large": 999}
"""The most people that a firm of that size has; the last size has no end."""

POSITIONS = ("EXT", "SMR", "SEM", "MAN", "REC", "TRD", "SRV")
"""Positions in the chain: extraction, smelting, semi-fabrication, manufacturing, recycling, trade."""

YES_PARTLY_NO = ("yes", "partly", "no")
BASES = ("measured", "calculated", "estimated")

FROM_COLUMNS = frozenset(
    {
        "employees",
        "size",
        "agency_workers",
        "migrant_workers",
        "positions",
        "production_site",
        "employer_housing",
        "guards",
        "near_indigenous_land",
        "materials",
        "material_groups",
        "secondary_share",
    }
)
"""Facts that come from the columns of organization and site."""

SCANNED = frozenset({"country_band", "origin_flagged", "flagged_materials"})
"""Facts that the risk scanner works out."""
