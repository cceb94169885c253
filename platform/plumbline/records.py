"""Every module that holds records, imported in one place so that migrations and tests see all tables."""

from __future__ import annotations

import assessments.actions.action
import assessments.assessment
import assessments.audit.events
import assessments.authoring.drafts
import assessments.evidence.documents
import assessments.leases
import assessments.outbox
import assessments.parties
import assessments.result
import assessments.sharing.asks
import assessments.sharing.disclosure
import assessments.terms
import assessments.verification.assignment
import assessments.verification.clarification
import assessments.verification.finding
import assessments.verification.notes
import plumbline.identity.records

MODULES = (
    assessments.actions.action,
    assessments.assessment,
    assessments.audit.events,
    assessments.authoring.drafts,
    assessments.evidence.documents,
    assessments.leases,
    assessments.outbox,
    assessments.parties,
    assessments.result,
    assessments.sharing.asks,
    assessments.sharing.disclosure,
    assessments.terms,
    assessments.verification.assignment,
    assessments.verification.clarification,
    assessments.verification.finding,
    assessments.verification.notes,
    plumbline.identity.records,
)
