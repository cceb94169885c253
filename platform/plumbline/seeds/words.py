"""What people of the demo world say outside the answers: notes, documents, causes, actions, comments."""

from __future__ import annotations

NOTES = (
    "Ask the shift leader; she keeps the list.",
    "The figure for December is an estimate.",
    "We started this in the spring and are still learning.",
)

REASONS = ("This site is an office; nothing is stored or treated here.", "We rent; the landlord runs this.")

DOCUMENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Safety rules and training list 2026", "safety-rules-2026.pdf", ("OHS-15", "OHS-16", "OHS-02")),
    ("Water meter readings 2025", "water-2025.csv", ("ENV-21", "ENV-23", "ENV-22")),
    ("Photos of facilities", "facilities.png", ("OHS-17", "OHS-11")),
    ("Mineral supply policy", "mineral-policy.pdf", ("MIN-01", "MIN-02")),
)

ROOT_CAUSES = (
    (
        "The guard was off so that jams could be cleared.\nThe belt is worn, so it jams often.\n"
        "Nobody owns the maintenance plan on the night shift."
    ),
    "Their first talk came days after they began.\nAgency workers start at night; the day shift plans the training.",
    "We could not say who sold to us.\nWriting down 60 small sellers took too long at the scale.",
)
ACTIONS = (
    ("Fix a hinged guard with a key switch and stop the line when it opens", "Head of maintenance"),
    (
        "Hold the first talk at each shift start, in the languages of the shift, with a dated sheet",
        "Shift leader",
    ),
    ("Keep a scrap book at the scale: date, kind, weight, seller, how paid", "Yard manager"),
    ("Name one person for each shift who checks exits and extinguishers weekly", "Safety officer"),
)
COMMENTS = (
    "The exit was blocked by a delivery on that morning; the rule for deliveries has been changed since.",
    "We agree. The list was kept on paper in the guard house and is now with the shift leader.",
)
DISPUTES = (
    (
        "The measurement was taken beside an open furnace door during repair. The report of our own laboratory for the "
        "usual place is in the vault, page 4."
    ),
)
