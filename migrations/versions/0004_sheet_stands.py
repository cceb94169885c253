"""A save need not read the sheet again: the function that says whether a remembered one still stands.

``answer_sheet`` tells in ``rows`` which versions of the company's and the sites' rows it read (PostgreSQL's ``xmin``,
which every update changes); ``sheet_stands`` compares them, and number and sum of the answers' revisions.

Revision: 0004, after 0003
"""

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ANSWER_SHEET = """
CREATE OR REPLACE FUNCTION answer_sheet(sheet_id uuid, since timestamptz DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE SECURITY DEFINER
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
  'rows', (SELECT concat_ws(' ', o.xmin, (SELECT string_agg(s.xmin::text, ' ' ORDER BY s.id) FROM site s
       WHERE s.organization_id = a.organization_id AND (s.closed_at IS NULL OR s.id = a.site_id)))
     FROM organization o WHERE o.id = a.organization_id),
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

# The tenant is read once for a statement; as 0003 wrote it, once for each of a sheet's two hundred answers.
OWNER_READS = (
    "((SELECT current_setting('plumbline.audience', true) = 'supplier') "
    "AND organization_id = (SELECT NULLIF(current_setting('plumbline.org', true), '')::uuid)) "
    "OR (SELECT current_setting('plumbline.audience', true) = 'system')"
)
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

# As the tables' owner, for the same reason as answer_sheet (0003).
SHEET_STANDS = """
CREATE FUNCTION sheet_stands(own uuid, company uuid, answers bigint, revisions bigint, read text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan AS $function$
BEGIN
RETURN (SELECT count(*) = answers AND sum(n.revision) = revisions
    FROM answer n WHERE n.assessment_id IN (own, company))
  AND (SELECT concat_ws(' ', o.xmin, (SELECT string_agg(s.xmin::text, ' ' ORDER BY s.id) FROM site s
        WHERE s.organization_id = a.organization_id AND (s.closed_at IS NULL OR s.id = a.site_id))) = read
    FROM assessment a JOIN organization o ON o.id = a.organization_id WHERE a.id = own);
END $function$
"""


def upgrade() -> None:
    if on_postgresql():
        for table in SHEET_TABLES:
            op.execute(f"ALTER POLICY sheet ON {table} USING ({OWNER_READS})")
        op.execute(ANSWER_SHEET)
        op.execute(SHEET_STANDS)
        op.execute("REVOKE ALL ON FUNCTION sheet_stands(uuid, uuid, bigint, bigint, text) FROM PUBLIC")
        op.execute(
            "GRANT EXECUTE ON FUNCTION sheet_stands(uuid, uuid, bigint, bigint, text) TO plumbline_app"
        )


def on_postgresql() -> bool:
    """Whether the statements go to PostgreSQL, or are written down for it."""
    return context.is_offline_mode() or op.get_bind().dialect.name == "postgresql"


def downgrade() -> None:
    # The answer sheet and the policies of 0003 give the same rows; those that stand here serve both.
    if on_postgresql():
        op.execute("DROP FUNCTION sheet_stands(uuid, uuid, bigint, bigint, text)")
