"""Free texts of the demo world, by question and part: what a supplier of that trade might really write."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, ...]] = {
    "PRO-01.parent": (
        "Owned by the founding family; no firm holds a share",
        "Northgate Industrial Holding, Luxembourg",
    ),
    "PRO-02.which": ("A sales office without storage; it joins next year",),
    "PRO-02.firms.firm": ("Sales company of the group",),
    "PRO-02.firms.seat": ("Registered at the same address",),
    "PRO-04.trade_code": ("24.44", "38.31", "24.45", "25.62", "46.72"),
    "PRO-07.products.product": (
        "Cathodes and wire rod",
        "Sorted metal, by alloy",
        "Pressed and turned parts",
    ),
    "PRO-12.other_law": ("The national act on chemical plant safety",),
    "PRO-13.papers.other_scheme": ("Customer's own audit, read by us as well",),
    "PRO-13.papers.number": ("QM-2291-0", "44 104 18832", "E-7015"),
    "PRO-13.papers.scope": ("This site, all production", "All sites of the company"),
    "PRO-13.papers.issuer": ("An accredited body of this country",),
    "PRO-14.bodies.body": ("Metals trade association of the region", "Local chamber of commerce"),
    "PRO-14.bodies.subject": ("Safety and training of young people", "Scrap quality and theft"),
    "PRO-15.where": ("Tonnage in PRO-08: our two main customers could work out our prices from it",),
    "PRO-16.details": (
        "In March a second shift started; all new people had their safety talk before the first day",
    ),
    "ENV-22.version": (
        "World map of water risk, looked up in September",
        "Letter from the river authority, June",
    ),
    "ENV-24.done": (
        (
            "In May zinc was 1.4 times the limit for two days; a filter had split. It was changed the same week and "
            "the authority was told."
        ),
    ),
    "OHS-06.learned": (
        (
            "A colleague was caught by a reversing loader. Since then people and vehicles have separate ways and "
            "every loader has a camera."
        ),
    ),
    "OHS-07.illness.done": ("Hearing checks moved to paid time", "Dust extraction at two benches"),
    "OHS-09.exposures.done": ("New extraction hood in April", "Closed bags instead of open bins"),
    "OHS-10.sides.note": ("Smaller gloves were ordered in June", "Changed at the store on each shift"),
    "OHS-17.facilities.note": ("Renewed this spring", "Shared with the neighbouring firm"),
    "MIN-01.page": ("https://example.com/responsible-minerals",),
    "MIN-03.actors.plant": ("Eastern Cathode Works", "Union Refining, plant 2"),
    "MIN-03.actors.number": ("CID002030", "CID001314"),
    "MIN-06.templates.issue": ("6.4", "1.3"),
    "MIN-09.smelters.status": ("Listed as active", "Listed with the scheme's own word: active"),
    "MIN-10.areas.area": ("Two districts near the eastern border",),
    "MIN-12.change": ("Buying days are fixed and prices are posted; 40 people have joined the co-operative",),
    "MIN-13.visits.area": ("Collection points of the co-operative",),
    "MIN-15.steps.sign": ("Seals missing on two lots", "Cash paid by a middleman"),
    "MIN-15.steps.step": ("Lots kept apart until the papers came", "Payments moved to bank or phone"),
    "MIN-15.steps.aim": ("No unsealed lot by June", "Nine of ten payments by phone"),
    "MIN-17.result": (
        "A school programme in the mining district; 60 children are back in class, says the partner",
    ),
    "MIN-18.audits.covers": ("This site, purchases of the last year",),
    "MIN-18.audits.word": ("Active, with two points to follow up",),
    "MIN-19.address": ("https://example.com/minerals-report",),
    "MIN-22.outcome": ("Three lots of granules: two were explained by papers, one went back to the seller",),
    "MIN-24.leftovers.kind": ("Slag", "Filter dust", "Plastic from cable"),
}

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
        "Why was the guard off? To clear jams. Why do jams happen? The belt is worn. Why was it not changed? Nobody owns "
        "the maintenance plan on the night shift."
    ),
    "Training is planned by the day shift. Agency workers start at night, so their first talk came days later.",
    "We buy from 60 small sellers and had no way to write down who they are without losing time at the scale.",
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
