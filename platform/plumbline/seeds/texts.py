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
    "MGT-02.other_norm": ("The code of our trade association, edition of last year",),
    "MGT-03.languages": ("English, the language of this country, Ukrainian",),
    "MGT-04.subjects.function": ("Foreman", "Personnel", "Quality and environment", "Owner"),
    "MGT-08.cases.changed": (
        "The tank has a wall around it and is looked at each week",
        "Papers are read by two people before they go out",
    ),
    "MGT-08.currency": ("EUR",),
    "MGT-11.example": (
        "Dust at the cutting bench and late pay of a cleaning firm: the dust came first, since it cannot be made good",
    ),
    "MGT-12.risks.harm": (
        "Hearing loss at the press",
        "Dust in the yard when lorries turn",
        "Long hours at our packing firm",
    ),
    "MGT-13.steps.step": (
        "Noise hoods on two presses",
        "Water spray at the gate from April",
        "A talk with the packing firm on hours",
    ),
    "MGT-13.steps.function": ("Head of maintenance", "Yard manager", "Purchasing"),
    "MGT-13.steps.aim": (
        "Below 85 dB at both benches",
        "No dust call from neighbours in a summer",
        "No week above 60 hours",
    ),
    "MGT-13.first_step": ("Noise hoods on both presses, head of maintenance, by the end of May",),
    "MGT-14.changed": ("The spray froze in winter; sweeping by machine took its place",),
    "ENV-03.permits.authority": ("Regional office for the environment", "Water authority of the river basin"),
    "ENV-04.events.changed": (
        "A tray stands under the pump and is emptied each shift",
        "The filter is changed by hours run, not by date",
    ),
    "ENV-07.missing": ("Fuel of two rented lorries and the refill of one cooler",),
    "ENV-12.main": (
        "Waste heat of the furnace dries the scrap from next year; it saves about a tenth of the gas",
    ),
    "ENV-13.products.product": ("Copper wire rod", "Sorted aluminium, by alloy", "Pressed parts"),
    "ENV-14.risks.step": (
        "Pumps and switches stand 40 cm higher since last year",
        "Work begins at five in hot weeks",
    ),
    "ENV-16.done": (
        "Dust stood above the limit for three days in June; the authority was told, and the bag filter was changed",
    ),
    "ENV-17.pollutants.substance": ("Lead in dust", "Nitrogen oxides", "Zinc oxide"),
    "ENV-20.done": (
        "The heap is covered, lorries wash their wheels, and three houses had their cars cleaned at our cost",
    ),
    "ENV-26.source": ("Map of protected areas of the ministry, looked up in October",),
    "ENV-35.facilities.facility": ("North pond, closed and drained", "Dry stack, in use"),
    "ENV-36.changed": ("Trees instead of grass on the west side, and the path to the river stays open",),
    "LAB-01.other_topics": ("Mothers at work and help with debts",),
    "LAB-05.changed": ("Payslips are handed out by two people, and anyone may ask personnel in private",),
    "LAB-09.own.done": ("Light tasks only, at most six hours, with a talk each week",),
    "LAB-09.chain.done": ("Asked the seller and visited the sorting place with a local group",),
    "LAB-11.routes.from": ("Ukraine", "South of the country", "Nepal"),
    "LAB-13.changed": ("Night shifts rotate weekly since the talk in March",),
    "LAB-18.done": ("One more person on the packing line; the peak weeks went from nine to three",),
    "LAB-24.barriers.note": (
        "A ramp at the side door, in use since May",
        "Changing room for women, planned for spring",
    ),
    "ETH-05.currency": ("EUR",),
    "ETH-05.changed": ("Cash at the scale is limited, and two people sign",),
    "ETH-06.changed": ("Gifts are noted in one book at the front desk",),
    "ETH-07.checks.note": ("List looked up on the day of the order", "Owner named by the bank"),
    "SCM-03.example": (
        "Orders are fixed ten days ahead; the packing firm no longer works on Sundays for us",
    ),
    "SCM-10.result": ("Gloves and washing places at the collecting point; its people say so themselves",),
    "SCM-13.better": ("One smelter told its buyers where its ore comes from for the first time",),
    "CIR-01.how": ("Blanks are nested by a program; offcuts went from 18 to 13 per cent",),
    "CIR-02.others.material": ("Brass", "Stainless steel"),
    "CIR-03.aims.start": ("31 % in 2022", "1,800 t in 2022"),
    "CIR-03.aims.aim": ("50 % by 2030", "3,000 t by 2028"),
    "CIR-03.aims.now": ("38 % in 2025", "2,250 t in 2025"),
    "CIR-03.steps": ("A second sorting line; clean scrap with known alloy is hard to get",),
    "CIR-04.content.note": ("Wire rod of the last year", "Cast parts only"),
    "CIR-04.standard": ("ISO 14021, by weight",),
    "CIR-06.other_way": ("Mixed granules are burned with energy use, about 40 tonnes a year",),
    "CIR-09.step": ("Steel boxes go back and forth; the sea voyage still needs wood",),
    "CIR-12.outlets.kind": ("Cable copper", "Mixed turnings", "Aluminium profiles"),
    "CIR-13.why_returned": ("Oil in the turnings; they drain for a day now before they leave",),
    "CIR-14.step": ("Good light over the belt: now we see what we sort",),
    "CIR-15.metals.carrier": ("Filter dust", "Printed boards", "Slag"),
    "COM-03.talks.raised": ("Lorries before six in the morning", "Smell on warm evenings"),
    "COM-03.change": ("The gate opens at half past six",),
    "COM-05.effects.step": ("Lorries wait inside the yard", "A wall of earth toward the houses"),
    "COM-06.after": ("The new hall was moved to the east side",),
    "COM-11.currency": ("EUR",),
    "COM-11.remark": ("People asked for a bus stop; the town built it, and we pay a part",),
    "COM-14.about": ("Dust on gardens; a neutral person reads the measurements with both sides",),
    "GRV-04.changed": ("The box hangs beside the canteen, not beside the office",),
    "GRV-06.remark": ("The second part of the pay is due in March",),
    "GRV-08.example": (
        "Most complaints came in the weeks of double shifts; the plan is made two weeks ahead now",
    ),
}
