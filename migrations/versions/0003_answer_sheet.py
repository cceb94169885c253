"""The function that reads an answer sheet on PostgreSQL, and the policy that its owner reads under.

It reads for a supplier its own rows and no others, whatever the application's policies (0002) are made of.

Revision: 0003, after 0002
"""

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As 0002 says whom a transaction is for; a migration stands as it ran, so it imports none.
OWNER_READS = (
    "((SELECT current_setting('plumbline.audience', true) = 'supplier') "
    "AND organization_id = NULLIF(current_setting('plumbline.org', true), '')::uuid) "
    "OR (SELECT current_setting('plumbline.audience', true) = 'system')"
)

# What the answer sheet reads of a tenant.
SHEET_TABLES = (
    "answer",
    "answer_evidence",
    "assessment",
    "clarification",
    "cycle",
    "document",
    "document_version",
    "site",
    "topic_maturity",
)

# One reading of everything a section or a save needs (assessments/sheet/statement.py holds SQLite's twin). It runs
# as the tables' owner, whose policies hold one comparison; the application's hold those of every audience, and
# setting up their plan took five times as long as reading. PL/pgSQL keeps the plan; the generic one is as good.
ANSWER_SHEET = """
CREATE FUNCTION answer_sheet(sheet_id uuid, since timestamptz DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $function$
DECLARE found json;
BEGIN
WITH a AS (
  SELECT x.id, x.cycle_id, x.organization_id, x.site_id, x.state, x.revision, c.label, c.version_id,
    y.id AS company_id
  FROM assessment x JOIN cycle c ON c.id = x.cycle_id
  JOIN assessment y ON y.cycle_id = x.cycle_id AND y.site_id IS NULL
  WHERE x.id = sheet_id)
SELECT json_build_object('id', a.id, 'cycle_id', a.cycle_id, 'organization_id', a.organization_id,
  'site_id', a.site_id, 'state', a.state, 'label', a.label, 'version_id', a.version_id,
  'company_id', a.company_id, 'revision', a.revision,
  'organization', (SELECT json_build_object('id', o.id, 'legal_name', o.legal_name, 'country', o.country,
       'legal_form', o.legal_form, 'employees', o.employees, 'lei', o.lei, 'register_number', o.register_number,
       'vat_number', o.vat_number, 'duns', o.duns, 'revision', o.revision)
     FROM organization o WHERE o.id = a.organization_id),
  'sites', (SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'country', s.country,
       'address', s.address, 'latitude', s.latitude, 'longitude', s.longitude, 'tenure', s.tenure,
       'activities', s.activities, 'production', s.production, 'employees', s.employees,
       'agency_workers', s.agency_workers, 'migrant_workers', s.migrant_workers,
       'employer_housing', s.employer_housing, 'guards', s.guards,
       'near_indigenous_land', s.near_indigenous_land, 'materials', s.materials, 'revision', s.revision))
     FROM site s WHERE s.organization_id = a.organization_id AND (s.closed_at IS NULL OR s.id = a.site_id)),
  'answers', (SELECT json_build_array(json_agg(json_build_array(n.question, n.assessment_id = a.company_id,
       n.state, n.parts, n.note, n.reason, n.revision, n.updated_at, n.carried))
       FILTER (WHERE since IS NULL OR n.updated_at >= since), count(*), sum(n.revision))
     FROM answer n WHERE n.assessment_id IN (a.id, a.company_id)),
  'unwritten', pg_current_xact_id_if_assigned() IS NULL,
  'evidence', (SELECT json_agg(json_build_array(e.question, e.document_id, e.version_id, e.title, e.file_name,
       e.media_type, e.size, e.sha256, e.state, e.scan_verdict, e.ends_on))
     FROM (SELECT l.question, l.document_id, v.id AS version_id, d.title, v.file_name, v.media_type, v.size,
         v.sha256, v.state, v.scan_verdict, v.ends_on
       FROM answer_evidence l JOIN document d ON d.id = l.document_id
       JOIN document_version v ON v.document_id = d.id
       WHERE l.assessment_id IN (a.id, a.company_id) AND v.number = (
         SELECT max(w.number) FROM document_version w
         WHERE w.document_id = d.id AND w.redacted_from IS NULL)
       ORDER BY l.linked_at) e),
  'levels', (SELECT json_agg(json_build_array(m.topic, m.self_level)) FROM topic_maturity m
     WHERE m.assessment_id = a.id AND m.self_level IS NOT NULL),
  'reopened', (SELECT json_agg(k.questions) FROM clarification k
     WHERE k.assessment_id = a.id AND k.answered_at IS NULL))
INTO found FROM a;
RETURN found;
END $function$
"""


def upgrade() -> None:
    if on_postgresql():
        make_answer_sheet()


def on_postgresql() -> bool:
    """Whether the statements go to PostgreSQL, or are written down for it."""
    return context.is_offline_mode() or op.get_bind().dialect.name == "postgresql"


def make_answer_sheet() -> None:
    """The function that reads a sheet, and the policy its owner reads under: the supplier's own rows."""
    for table in SHEET_TABLES:
        op.execute(f"CREATE POLICY sheet ON {table} FOR SELECT TO CURRENT_USER USING ({OWNER_READS})")
    op.execute(ANSWER_SHEET)
    op.execute("REVOKE ALL ON FUNCTION answer_sheet(uuid, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION answer_sheet(uuid, timestamptz) TO plumbline_app")


def downgrade() -> None:
    if on_postgresql():
        op.execute("DROP FUNCTION answer_sheet(uuid, timestamptz)")
        for table in SHEET_TABLES:
            op.execute(f"DROP POLICY sheet ON {table}")
