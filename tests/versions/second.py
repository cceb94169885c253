"""The next version of the small pack: a copy with one edit of every class, each told."""

from __future__ import annotations

import shutil
from pathlib import Path

SMALL = Path(__file__).parents[1] / "questionnaire" / "packs" / "small"

OHS, PRO, GUIDE, PACK = "ohs/ohs-1.yaml", "pro/pro-1.yaml", "ohs/ohs-1.guide.yaml", "pack.yaml"

Edit = tuple[str, str, str]
"""File, text that stands there, text that takes its place."""


def told(anchor: str, *changes: str) -> str:
    """A line of a question with its change written after it."""
    said = f"[{', '.join(changes)}]" if len(changes) > 1 else changes[0]
    return f"{anchor}\n    change: {said}"


V11 = 'version: "1.1"'
NUMBER: Edit = (PACK, 'version: "1.0"', V11)

SAME: tuple[Edit, ...] = (
    (OHS, '"Does everyone know today', '"Does everyone here know today'),
    (OHS, "- key: OHS-01", told("- key: OHS-01", f'{{{V11}, class: same_meaning, why: "Says where."}}')),
)
MAPPED: tuple[Edit, ...] = (
    (OHS, '{fire: "Fire", gas: "Gas"}', '{fire: "Fire", leak: "Leak of gas", smoke: "Smoke"}'),
    (OHS, "drill_kind, is: gas", "drill_kind, is: leak"),
    (
        OHS,
        "- key: OHS-04",
        told(
            "- key: OHS-04",
            f'{{{V11}, class: choices_changed, part: kind, map: {{gas: leak}}, why: "Gas can be harmless."}}',
        ),
    ),
    (
        OHS,
        "- key: OHS-07",
        told("- key: OHS-07", f'{{{V11}, class: rule_changed, why: "It follows the kind of drill."}}'),
    ),
)
UNIT: tuple[Edit, ...] = (
    (OHS, 'unit: "mg/m³", min: 0, max: 50.5', 'unit: "µg/m³", min: 0, max: 50500'),
    (OHS, "part: dust, at_least: 10}", "part: dust, at_least: 10000}"),
    (OHS, "part: dust, at_most: 1}", "part: dust, at_most: 1000}"),
    (
        OHS,
        "- key: OHS-06",
        told(
            "- key: OHS-06",
            f'{{{V11}, class: reworded, part: dust, convert: 1000, why: "Labs print micrograms."}}',
            f'{{{V11}, class: rule_changed, why: "The limits follow the unit."}}',
        ),
    ),
)
RECALL: tuple[Edit, ...] = (
    (OHS, "recall: last_12_months", "recall: last_24_months"),
    (OHS, "happened here in the last 12 months", "happened here in the last 24 months"),
    (
        OHS,
        "- key: OHS-03",
        told("- key: OHS-03", f'{{{V11}, class: reworded, why: "Two years show more."}}'),
    ),
)
SPLIT: tuple[Edit, ...] = (
    (
        PRO,
        (
            '      - {key: agents, kind: multiple, alone: [none], label: "Agents", '
            'options: {sales: "For sales", buying: "For buying", none: "None"}}'
        ),
        f"""    change:
      - {{{V11}, class: choices_changed, map: {{agents: ask}}, why: "Agents have a question of their own."}}
  - key: PRO-05
    since: "1.1"
    tier: core
    level: site
    recall: today
    purposes: [due_diligence]
    applies: {{when: always}}
    text: "For what do you use agents today?"
    help: "An agent acts for you and is paid by you."
    why: "Agents act in your name."
    parts:
      - key: agents
        kind: multiple
        alone: [none]
        label: "Agents"
        options: {{sales: "For sales", buying: "For buying", none: "None"}}
    change: {{{V11}, class: split, from: {{PRO-04: {{agents: agents}}}}, why: "It was half of PRO-04."}}""",
    ),
    (PACK, "agents: {question: PRO-04", "agents: {question: PRO-05"),
)
REMOVED_KEY = "OHS-08"
NEW: tuple[Edit, ...] = (
    (
        OHS,
        "- key: OHS-08",
        told("- key: OHS-09", f'{{{V11}, class: new, why: "Asked by many of you."}}'),
    ),
)
LADDER: tuple[Edit, ...] = (
    (GUIDE, "A page on the wall says who helps.", "A page on each wall says who helps."),
    (
        GUIDE,
        "ladder:",
        (
            f"ladder:\n  change: {{{V11}, class: ladder_changed, comparable: true, "
            'why: "Halls have many walls."}'
        ),
    ),
)
GUIDANCE: tuple[Edit, ...] = ((PRO, "Count heads. Part-time counts as one.", "Count heads, each as one."),)
PACK_CHANGES: tuple[Edit, ...] = (
    (PACK, "employees, at_least: 50", "employees, at_least: 40"),
    (
        PACK,
        "credentials:",
        f"""changes:
  - {{question: {REMOVED_KEY}, {V11}, class: removed, instead: [OHS-09], why: "The new one asks more."}}
  - {{fact: agents, {V11}, class: rule_changed, why: "The answer stands in PRO-05."}}
  - {{tier: standard, {V11}, class: rule_changed, why: "From 40 people on, shifts differ."}}
credentials:""",
    ),
)
WHOLE: tuple[Edit, ...] = (
    NUMBER, *SAME, *MAPPED, *UNIT, *RECALL, *SPLIT, *NEW, *LADDER, *GUIDANCE, *PACK_CHANGES,
)  # fmt: skip
"""Every class at once, all told: a version that may be published."""


def edited(folder: Path, *edits: Edit, source: Path = SMALL) -> Path:
    """A copy of ``source`` under ``folder`` with the edits made; each text must stand there."""
    copy = folder / source.name
    if not copy.exists():
        shutil.copytree(source, copy)
    for file, old, new in edits:
        path = copy / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} does not contain {old}"
        path.write_text(text.replace(old, new, 1), "utf-8")
    return copy
