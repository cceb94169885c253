"""Every module that holds records, imported in one place so that migrations and tests see all tables."""

from __future__ import annotations

import assessments.assessment
import assessments.assessor_notes
import assessments.clarification
import assessments.corrective_action
import assessments.disclosure
import assessments.drafts
import assessments.events
import assessments.evidence
import assessments.finding
import assessments.leases
import assessments.outbox
import assessments.parties
import assessments.result
import assessments.terms
import assessments.verification
import plumbline.identity.records

MODULES = (
    assessments.assessment,
    assessments.assessor_notes,
    assessments.clarification,
    assessments.corrective_action,
    assessments.disclosure,
    assessments.drafts,
    assessments.events,
    assessments.evidence,
    assessments.finding,
    assessments.leases,
    assessments.outbox,
    assessments.parties,
    assessments.result,
    assessments.terms,
    assessments.verification,
    plumbline.identity.records,
)
