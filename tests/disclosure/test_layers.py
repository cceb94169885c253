"""The table of DESIGN.md 3, cell by cell: which layer gives which fields, to whom, of which topics."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from assessments.actions.action import ActionState, CorrectiveAction
from assessments.result import Layer, ResultPart
from assessments.sharing.granting import PRESETS, revoke
from assessments.sharing.projection import project_assessment
from assessments.sharing.reading import SharedAssessment, shared_version
from tests.support.acts import disclosed
from tests.support.buyers import listed, read, reading_as
from tests.support.cast import NOW
from tests.support.worlds import Finished

IDENTITY = {
    "buyer_id", "assessment_id", "supplier_id", "site_id", "supplier_name", "site_name", "country",
    "activities", "materials", "cycle_label", "shared_until", "result_id", "result_number", "result_sha256",
}  # fmt: skip
"""What any grant tells: whose it is, which result, until when."""

FIELDS: dict[Layer, set[str]] = {
    Layer.STATUS: {"stage", "stage_since", "status"},
    Layer.PROFILE: {"profile", "progress"},
    Layer.FINDINGS: {"findings"},
    Layer.PLAN: {"plan", "live"},
    Layer.ANSWERS: {"answers"},
    Layer.COMMERCIAL: {"commercial"},
    Layer.EVIDENCE: {"evidence"},
}
LISTED: dict[Layer, set[str]] = {
    Layer.STATUS: {"stage", "stage_since", "basis", "worker_voice", "published_at", "valid_until"},
    Layer.PROFILE: {
        "maturity", "critical_open", "major_open", "minor_open", "observations", "good_practices",
        "actions_settled", "actions_agreed",
    },
}  # fmt: skip
ENTRY = {
    "assessment_id", "supplier_id", "site_id", "result_id", "shared_until", "supplier_name", "site_name",
    "country", "activities", "materials", "cycle_label", "changed_at",
}  # fmt: skip


def filled(thing: Any) -> set[str]:
    """The fields that say something."""
    return {
        field.name
        for field in dataclasses.fields(thing)
        if getattr(thing, field.name) not in (None, (), [], {})
    }


def offer_of(world: Finished, layer: Layer) -> dict[str, Any]:
    if layer is Layer.COMMERCIAL:
        return {"layers": frozenset(), "commercial": True}
    if layer is Layer.EVIDENCE:
        return {"layers": frozenset(), "evidence": frozenset({world.ids.permit})}
    return {"layers": frozenset({layer})}


def test_each_layer_alone_gives_its_own_fields_and_no_other(finished: Finished) -> None:
    result, anna = finished.result, finished.cast.anna
    for layer in Layer:
        made = disclosed(finished, result, **offer_of(finished, layer))
        seen = read(finished, anna, result.assessment_id)
        assert seen is not None, layer
        assert filled(seen) - IDENTITY == FIELDS[layer], layer
        (entry,) = listed(finished, anna)
        assert filled(entry) - ENTRY == LISTED.get(layer, set()), layer
        revoke(finished.session, made, by=finished.cast.jana.actor, at=NOW)
        finished.session.commit()
        assert read(finished, anna, result.assessment_id) is None
        assert listed(finished, anna) == []


def test_every_pair_of_layers_gives_what_both_give(finished_embedded: Finished) -> None:
    world, result = finished_embedded, finished_embedded.result
    layers = list(Layer)
    for first in layers:
        for second in layers[layers.index(first) + 1 :]:
            made = [disclosed(world, result, **offer_of(world, layer)) for layer in (first, second)]
            seen = read(world, world.cast.anna, result.assessment_id)
            assert seen is not None
            assert filled(seen) - IDENTITY == FIELDS[first] | FIELDS[second]
            for each in made:
                revoke(world.session, each, by=world.cast.jana.actor, at=NOW)


def test_the_topic_filter_applies_to_all_but_status(finished: Finished) -> None:
    result, anna = finished.result, finished.cast.anna
    every = frozenset({Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN, Layer.ANSWERS})
    disclosed(finished, result, layers=every, commercial=True, topics=frozenset({"OHS.1", "PRO.2"}))
    seen = read(finished, anna, result.assessment_id)
    assert seen is not None
    assert seen.status is not None
    assert set(seen.profile) == set(seen.findings) == set(seen.plan) == {"OHS.1"}
    assert set(seen.answers) == {"OHS.1", "PRO.2"}
    assert set(seen.commercial) == {"PRO.2"}
    assert {action.topic for action in seen.live} == {"OHS.1"}
    (entry,) = listed(finished, anna)
    assert [cell["topic"] for cell in entry.maturity] == ["OHS.1"]


def test_a_withheld_topic_leaves_no_cell_no_count_and_no_word(finished: Finished) -> None:
    result, anna = finished.result, finished.cast.anna
    every = frozenset({Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN, Layer.ANSWERS})
    disclosed(finished, result, layers=every, commercial=True, without=frozenset({"OHS.2"}))
    seen = read(finished, anna, result.assessment_id)
    assert seen is not None
    (entry,) = listed(finished, anna)
    told = json.dumps([dataclasses.asdict(seen), dataclasses.asdict(entry)], default=str)
    for word in ("OHS.2", "furnace door", "OHS-05", "Keep people out"):
        assert word not in told
    # The one critical finding is of the topic withheld.
    assert entry.critical_open == 0
    assert seen.progress is not None
    assert seen.progress.critical_open == 0
    assert (entry.actions_agreed, entry.actions_settled) == (2, 0)
    disclosed(finished, result, layers=frozenset({Layer.PROFILE}), topics=frozenset({"OHS.2"}))
    (entry,) = listed(finished, anna)
    assert (entry.critical_open, entry.actions_agreed) == (1, 3)


def test_commercial_answers_and_evidence_and_later_results_are_in_no_preset() -> None:
    for layers in PRESETS.values():
        assert layers <= {Layer.STATUS, Layer.PROFILE, Layer.FINDINGS, Layer.PLAN, Layer.ANSWERS}
    assert PRESETS["status"] == {Layer.STATUS}


def test_withheld_and_never_asked_look_alike(finished_embedded: Finished) -> None:
    """Two topics: one withheld, one that no part exists of. Nothing a buyer reads tells them apart."""
    world, result = finished_embedded, finished_embedded.result
    disclosed(world, result, without=frozenset({"OHS.2"}))
    with_topic = read(world, world.cast.anna, result.assessment_id)
    assert with_topic is not None
    for layer in ("profile", "findings", "plan", "answers", "commercial"):
        contents = getattr(with_topic, layer)
        assert "OHS.2" not in contents
        assert contents.get("OHS.2") is contents.get("GRV.9")


def test_evidence_shows_by_name_alone_and_to_whom_it_was_granted(finished: Finished) -> None:
    result, cast, ids = finished.result, finished.cast, finished.ids
    disclosed(finished, result, layers=frozenset({Layer.ANSWERS}), evidence=frozenset({ids.permit}))
    seen = read(finished, cast.anna, result.assessment_id)
    assert seen is not None
    assert [version.version_id for version in seen.evidence] == [ids.permit]
    for member, version_id, there in (
        (cast.anna, ids.permit, True), (cast.anna, ids.survey, False), (cast.anna, ids.rival_paper, False),
        (cast.hugo, ids.permit, False),
    ):  # fmt: skip
        with reading_as(finished, member) as session:
            found = shared_version(session, member.organization_id, version_id, at=NOW)
            assert (found is not None) is there


@pytest.mark.parametrize("late", [timedelta(seconds=0), timedelta(days=1)])
def test_a_grant_shows_from_its_start_to_its_end(finished_embedded: Finished, late: timedelta) -> None:
    world, result = finished_embedded, finished_embedded.result
    tomorrow = NOW + timedelta(days=1)
    disclosed(world, result, starts_at=tomorrow + late, ends_at=tomorrow + timedelta(days=9))
    assert listed(world, world.cast.anna) == []
    assert read(world, world.cast.anna, result.assessment_id) is None


def test_what_a_buyer_reads_is_frozen(finished_embedded: Finished) -> None:
    world, result = finished_embedded, finished_embedded.result
    disclosed(world, result)
    seen = read(world, world.cast.anna, result.assessment_id)
    assert isinstance(seen, SharedAssessment)
    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.stage = "x"  # type: ignore[misc]
    assert not any(isinstance(getattr(seen, f.name), ResultPart) for f in dataclasses.fields(seen))


def test_progress_moves_beside_the_unchanged_result(finished: Finished) -> None:
    result, cast, session = finished.result, finished.cast, finished.session
    disclosed(finished, result)
    before = read(finished, cast.anna, result.assessment_id)
    action = session.scalars(select(CorrectiveAction).where(CorrectiveAction.topic == "OHS.1")).one()
    action.make(session, "start", by=cast.petr.actor, at=NOW)
    project_assessment(session, result.assessment_id, at=NOW)
    session.commit()
    after = read(finished, cast.anna, result.assessment_id)
    assert before is not None
    assert after is not None
    assert after.plan == before.plan
    assert [a.state for a in after.live if a.topic == "OHS.1"] == [ActionState.IN_PROGRESS]
    assert {(a.finding, a.number) for a in after.live} == {
        (f"{a.topic}-1", f"{a.topic}-1") for a in after.live
    }
