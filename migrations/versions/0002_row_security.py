"""What only the database can promise: append-only tables, roles, row-level security.

On both databases triggers refuse to change what never changes. On PostgreSQL the application's role owns
nothing, and every table that holds a supplier's data has forced row-level security with one policy per
audience (DESIGN.md 3). No policy calls a function per row.

Revision: 0002, after 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "access_ledger",
    "answer_revision",
    "audit_event",
    "audit_seal",
    "questionnaire_draft_file",
    "questionnaire_version",
    "result",
    "result_part",
    "snapshot",
)

ORG = "NULLIF(current_setting('plumbline.org', true), '')::uuid"


def audience_is(audience: str) -> str:
    """Whom the transaction is for, asked once a statement: in brackets the planner makes it a constant of the
    run instead of a comparison per row, and does not take it for a condition that nearly nothing meets."""
    return f"(SELECT current_setting('plumbline.audience', true) = '{audience}')"


OWN = f"organization_id = {ORG}"

# Runs on the truth, at the start of the statement, for each row that is about to be returned.
ACTIVE = (
    f"d.buyer_id = {ORG} AND d.revoked_at IS NULL AND d.starts_at <= statement_timestamp() "
    "AND d.ends_at > statement_timestamp()"
)
SUBSCRIBED = (
    f"(SELECT EXISTS (SELECT 1 FROM subscription s WHERE s.buyer_id = {ORG} "
    "AND s.starts_at <= statement_timestamp() AND s.ends_at > statement_timestamp()))"
)


def assigned(column: str, table: str) -> str:
    """A live assignment of the firm reaches the assessment named by ``column``, or the company's beside it."""
    return (
        f"EXISTS (SELECT 1 FROM assignment a WHERE a.firm_id = {ORG} AND a.ended_at IS NULL "
        f"AND (a.assessment_id = {table}.{column} OR a.company_assessment_id = {table}.{column}))"
    )


def shown_to_supplier() -> str:
    """A row that its buyer shows, before a supplier that the buyer asks or that shares with it now."""
    parties = f"supplier_id = {ORG} AND buyer_id = buyer_ask.organization_id"
    return (
        "shown AND removed_at IS NULL AND ("
        f"EXISTS (SELECT 1 FROM access_request WHERE {parties} "
        "AND state IN ('sent', 'granted', 'partly_granted')) OR "
        f"EXISTS (SELECT 1 FROM disclosure WHERE {parties} AND revoked_at IS NULL "
        "AND ends_at > statement_timestamp()))"
    )


def through(parent: str, key: str, table: str) -> str:
    """Visible if the parent row is; the parent's own policies decide that."""
    return f"EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{key})"


def granted(layer: str, topic: str, table: str) -> str:
    """A disclosure that runs now names this layer of this topic, of this result or the site's later ones."""
    return (
        f"EXISTS (SELECT 1 FROM disclosure d JOIN disclosure_item i ON i.disclosure_id = d.id WHERE {ACTIVE} "
        f"AND (d.result_id = {table}.result_id OR (d.follow_later AND d.site_id = {table}.site_id "
        f"AND {table}.published_at >= d.granted_at)) "
        f"AND i.layer = {layer} AND (i.topic = '*' OR i.topic = {topic} OR {layer} = 'status') "
        f"AND ({layer} <> 'commercial' OR d.commercial)) AND {SUBSCRIBED}"
    )


BY_ASSESSMENT = (
    "answer",
    "answer_evidence",
    "answer_revision",
    "answer_verification",
    "clarification",
    "finding",
    "snapshot",
    "topic_maturity",
)

# table -> audience -> predicate. SYSTEM and STEWARD rows are added to every table below.
POLICIES: dict[str, dict[str, str]] = {
    **{table: {"supplier": OWN, "assessor": assigned("assessment_id", table)} for table in BY_ASSESSMENT},
    "access_request": {"supplier": f"supplier_id = {ORG}", "buyer": f"buyer_id = {ORG}"},
    "action_date": {
        "supplier": OWN,
        "assessor": through("corrective_action", "action_id", "action_date"),
    },
    "action_evidence": {
        "supplier": OWN,
        "assessor": through("corrective_action", "action_id", "action_evidence"),
    },
    "action_remark": {
        "supplier": OWN,
        "assessor": through("corrective_action", "action_id", "action_remark"),
    },
    "assessment": {"supplier": OWN, "assessor": assigned("id", "assessment")},
    "assessor_note": {"assessor": f"firm_id = {ORG}"},
    "assignment": {"supplier": OWN, "assessor": f"firm_id = {ORG}"},
    "buyer_ask": {"buyer": OWN, "supplier": shown_to_supplier()},
    "buyer_supplier_note": {"buyer": f"buyer_id = {ORG}"},
    "corrective_action": {
        "supplier": OWN,
        "assessor": assigned("assessment_id", "corrective_action"),
        # Progress of actions shows beside the result to whoever may read the plan of that topic in it.
        "buyer": (
            "EXISTS (SELECT 1 FROM result_part p WHERE p.assessment_id = corrective_action.assessment_id "
            "AND p.layer = 'plan' AND p.topic = corrective_action.topic)"
        ),
    },
    "cycle": {
        "supplier": OWN,
        "assessor": (
            f"EXISTS (SELECT 1 FROM assignment a WHERE a.firm_id = {ORG} AND a.ended_at IS NULL "
            "AND a.cycle_id = cycle.id)"
        ),
    },
    "disclosure": {"supplier": f"supplier_id = {ORG}", "buyer": f"buyer_id = {ORG}"},
    "disclosure_item": {"supplier": f"supplier_id = {ORG}", "buyer": f"buyer_id = {ORG}"},
    "document": {
        "supplier": OWN,
        # With any of its versions; document_version's own policies decide that.
        "assessor": "EXISTS (SELECT 1 FROM document_version v WHERE v.document_id = document.id)",
        "buyer": "EXISTS (SELECT 1 FROM document_version v WHERE v.document_id = document.id)",
    },
    "document_version": {
        "supplier": OWN,
        "assessor": (
            "EXISTS (SELECT 1 FROM answer_evidence e WHERE e.document_id = document_version.document_id) OR "
            "EXISTS (SELECT 1 FROM action_evidence e WHERE e.version_id = document_version.id) OR "
            # What was handed in, and so what a finding rests on, stays readable when the link is taken away.
            "EXISTS (SELECT 1 FROM assignment a JOIN snapshot s ON s.assessment_id = a.assessment_id "
            f"WHERE a.firm_id = {ORG} AND a.ended_at IS NULL "
            "AND a.organization_id = document_version.organization_id "
            "AND position(document_version.id::text IN s.content) > 0)"
        ),
        "buyer": (
            f"EXISTS (SELECT 1 FROM disclosure d JOIN disclosure_item i ON i.disclosure_id = d.id WHERE {ACTIVE} "
            f"AND i.version_id = document_version.id) AND {SUBSCRIBED}"
        ),
    },
    "independence": {
        "supplier": OWN,
        "assessor": (
            f"EXISTS (SELECT 1 FROM assignment a WHERE a.firm_id = {ORG} AND a.id = independence.assignment_id)"
        ),
    },
    "portfolio_row": {"supplier": f"supplier_id = {ORG}", "buyer": f"buyer_id = {ORG} AND {SUBSCRIBED}"},
    # What the steward writes is the steward's alone until it is published.
    "questionnaire_draft": {},
    "questionnaire_draft_file": {},
    "reply": {"supplier": OWN, "assessor": through("finding", "finding_id", "reply")},
    "result": {"supplier": OWN, "assessor": assigned("assessment_id", "result")},
    "result_part": {
        "supplier": OWN,
        "assessor": assigned("assessment_id", "result_part"),
        "buyer": granted("result_part.layer", "result_part.topic", "result_part"),
    },
    "site": {
        "supplier": OWN,
        "assessor": (
            "EXISTS (SELECT 1 FROM assignment a JOIN assessment x ON x.id = a.assessment_id "
            f"WHERE a.firm_id = {ORG} AND a.ended_at IS NULL AND x.site_id = site.id)"
        ),
    },
}
# A firm's own notes, a buyer's own notes and what it asks of whom are not the steward's.
NOT_STEWARD = frozenset({"assessor_note", "buyer_ask", "buyer_supplier_note"})
BUYER_WRITES = frozenset({"access_request", "buyer_ask", "buyer_supplier_note"})
SUPPLIER_READS = frozenset({"buyer_ask"})

DELETES = (
    "answer_evidence",
    "finding",
    "idempotency_key",
    "lease",
    "login_session",
    "outbox_job",
    "portfolio_row",
    "throttle",
)


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql" if not _offline() else True
    if postgresql:
        refuse_changes_on_postgresql()
        set_positions()
        grant_to_application()
        secure_rows()
    else:
        refuse_changes_on_sqlite()


def _offline() -> bool:
    return bool(op.get_context().as_sql)


def refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION plumbline_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION plumbline_append_only()"
        )


def refuse_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def set_positions() -> None:
    op.execute(
        "ALTER TABLE audit_event ALTER COLUMN position SET DEFAULT (pg_current_xact_id()::text::bigint)"
    )


def grant_to_application() -> None:
    tables = "all tables in schema public"
    op.execute("GRANT USAGE ON SCHEMA public TO plumbline_app")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {tables} TO plumbline_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO plumbline_app")
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE ON {table} FROM plumbline_app")
    for table in DELETES:
        op.execute(f"GRANT DELETE ON {table} TO plumbline_app")
    op.execute("REVOKE INSERT, UPDATE ON alembic_version FROM plumbline_app")


def secure_rows() -> None:
    for table, audiences in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        everyone = {"system": "true", **({} if table in NOT_STEWARD else {"steward": "true"}), **audiences}
        for audience, predicate in everyone.items():
            # What a buyer reads it never writes, but for its own requests, notes and list; a supplier owns the
            # rest of what it sees.
            reads = (audience == "buyer" and table not in BUYER_WRITES) or (
                audience == "supplier" and table in SUPPLIER_READS
            )
            command = "SELECT" if reads else "ALL"
            op.execute(
                f"CREATE POLICY {audience} ON {table} FOR {command} TO plumbline_app "
                f"USING ({audience_is(audience)} AND ({predicate}))"
            )
    secure_trails()


def secure_trails() -> None:
    """The ledger and the audit trail: everybody appends, few read."""
    for table in ("access_ledger", "audit_event"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY append ON {table} FOR INSERT TO plumbline_app WITH CHECK (true)")
        op.execute(
            f"CREATE POLICY system ON {table} FOR SELECT TO plumbline_app USING ({audience_is('system')})"
        )
    op.execute(
        "CREATE POLICY supplier ON access_ledger FOR SELECT TO plumbline_app USING "
        f"({audience_is('supplier')} AND supplier_ids @> to_jsonb(current_setting('plumbline.org', true)))"
    )
    op.execute(
        f"CREATE POLICY steward ON audit_event FOR SELECT TO plumbline_app USING ({audience_is('steward')})"
    )
    op.execute(
        f"CREATE POLICY supplier ON audit_event FOR SELECT TO plumbline_app USING ({audience_is('supplier')} AND {OWN})"
    )
    op.execute(
        "CREATE POLICY assessor ON audit_event FOR SELECT TO plumbline_app USING "
        f"({audience_is('assessor')} AND EXISTS (SELECT 1 FROM assignment a WHERE a.firm_id = {ORG} "
        "AND a.ended_at IS NULL AND (a.assessment_id = audit_event.subject_id "
        "OR a.assessment_id::text = audit_event.data ->> 'assessment_id')))"
    )
    # RETURNING and the ORM's read-back of `seq` need to see the row just written.
    op.execute(
        "CREATE POLICY own ON audit_event FOR SELECT TO plumbline_app USING "
        "(actor_id = NULLIF(current_setting('plumbline.person', true), '')::uuid)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in [*POLICIES, "access_ledger", "audit_event"]:
            for policy in ("system", "steward", "supplier", "assessor", "buyer", "append", "own"):
                op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute("DROP FUNCTION plumbline_append_only()")
        op.execute("ALTER TABLE audit_event ALTER COLUMN position DROP DEFAULT")
        op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM plumbline_app")
        op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM plumbline_app")
    else:
        for table in APPEND_ONLY:
            for change in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{change}")
