"""One function writes an answer, its history and its audit row, in the transaction that calls it or in one of its own.

It runs as whoever calls it, under the policies of 0002. Called alone it is the whole transaction, so it sets for
whom it writes before it writes; the settings end with it.

Revision: 0006, after 0005
"""

from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# ``told``: the columns to write; ``organization``, ``audience`` and ``person`` to say for whom, where no transaction
# around it says so; ``rows`` and what stands with it for a sheet that was not read, which is proved here (0004) and
# where it does not stand comes back as the database has it.
WRITE_ANSWER = """
CREATE FUNCTION write_answer(told jsonb, OUT written boolean, OUT instead text) LANGUAGE plpgsql AS $function$
BEGIN
IF told ? 'audience' THEN
  PERFORM set_config('plumbline.org', told->>'tenant', true), set_config('plumbline.person', told->>'person', true),
    set_config('plumbline.audience', told->>'audience', true);
END IF;
WITH t AS (
  SELECT * FROM jsonb_to_record(told) AS x(
    sheet uuid, sheet_state text, sheet_revision int, assessment_id uuid, question text, organization_id uuid,
    state text, parts jsonb, note text, reason text, revision int, at timestamptz, person uuid,
    event_id uuid, event_kind text, actor_organization_id uuid, actor_function text, subject_type text,
    event_data jsonb, event_hash text, company uuid, answers bigint, revisions bigint, rows text)),
held AS (
  SELECT t.* FROM t JOIN assessment a ON a.id = t.sheet
  WHERE a.state = t.sheet_state AND a.revision = t.sheet_revision
    AND (t.rows IS NULL OR sheet_stands(t.sheet, t.company, t.answers, t.revisions, t.rows))
  FOR SHARE OF a),
saved AS (
  INSERT INTO answer AS n
    (assessment_id, question, organization_id, state, parts, note, reason, revision, updated_at, updated_by)
  SELECT assessment_id, question, organization_id, state, parts, note, reason, revision, at, person FROM held
  ON CONFLICT (assessment_id, question) DO UPDATE SET state = excluded.state, parts = excluded.parts,
    note = excluded.note, reason = excluded.reason, revision = excluded.revision,
    updated_at = excluded.updated_at, updated_by = excluded.updated_by
  WHERE n.revision = excluded.revision - 1
  RETURNING n.revision),
kept AS (
  INSERT INTO answer_revision
    (assessment_id, question, revision, organization_id, state, parts, note, reason, at, by)
  SELECT t.assessment_id, t.question, t.revision, t.organization_id, t.state, t.parts, t.note, t.reason, t.at, t.person
  FROM t, saved),
noted AS (
  INSERT INTO audit_event
    (id, at, kind, actor_id, actor_organization_id, actor_function, subject_type, subject_id,
     organization_id, data, hash)
  SELECT t.event_id, t.at, t.event_kind, t.person, t.actor_organization_id, t.actor_function, t.subject_type,
    t.assessment_id, t.organization_id, t.event_data, t.event_hash
  FROM t, saved)
SELECT count(*) > 0 INTO written FROM saved;
IF NOT written AND told ? 'rows' THEN
  instead := answer_sheet((told->>'sheet')::uuid, (told->>'since')::timestamptz)::text;
END IF;
END $function$
"""


def upgrade() -> None:
    if on_postgresql():
        op.execute(WRITE_ANSWER)
        op.execute("REVOKE ALL ON FUNCTION write_answer(jsonb) FROM PUBLIC")
        op.execute("GRANT EXECUTE ON FUNCTION write_answer(jsonb) TO plumbline_app")


def on_postgresql() -> bool:
    """Whether the statements go to PostgreSQL, or are written down for it."""
    return context.is_offline_mode() or op.get_bind().dialect.name == "postgresql"


def downgrade() -> None:
    if on_postgresql():
        op.execute("DROP FUNCTION write_answer(jsonb)")
