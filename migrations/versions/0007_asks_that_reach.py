"""A supplier sees of a buyer's list the rows that reach a site of it, as its pages show them.

Until here the wall let through every row that a buyer shows, once that buyer stood before the supplier: what a
buyer reads by elsewhere, of other materials and countries, was kept from it by the application alone.

Revision: 0007, after 0006
"""

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As 0002 says whom a transaction is for; a migration stands as it ran, so it imports none.
ORG = "NULLIF(current_setting('plumbline.org', true), '')::uuid"
PARTIES = f"supplier_id = {ORG} AND buyer_id = buyer_ask.organization_id"
SHOWN = (
    "(SELECT current_setting('plumbline.audience', true) = 'supplier') AND (shown AND removed_at IS NULL AND ("
    f"EXISTS (SELECT 1 FROM access_request WHERE {PARTIES} "
    "AND state IN ('sent', 'granted', 'partly_granted')) OR "
    f"EXISTS (SELECT 1 FROM disclosure WHERE {PARTIES} AND revoked_at IS NULL "
    "AND ends_at > statement_timestamp())))"
)
# What assessments.sharing.asks.Said.reaches says of one site, of those that are not closed.
REACHES = (
    f"EXISTS (SELECT 1 FROM site s WHERE s.organization_id = {ORG} AND s.closed_at IS NULL "
    "AND buyer_ask.country IN ('', s.country) "
    "AND (buyer_ask.activity = '' OR s.activities @> to_jsonb(buyer_ask.activity)) "
    "AND (buyer_ask.material = '' "
    "OR s.materials @> jsonb_build_array(jsonb_build_object('material', buyer_ask.material))))"
)


def upgrade() -> None:
    if on_postgresql():
        op.execute(f"ALTER POLICY supplier ON buyer_ask USING ({SHOWN} AND {REACHES})")


def on_postgresql() -> bool:
    """Whether the statements go to PostgreSQL, or are written down for it."""
    return context.is_offline_mode() or op.get_bind().dialect.name == "postgresql"


def downgrade() -> None:
    if on_postgresql():
        op.execute(f"ALTER POLICY supplier ON buyer_ask USING ({SHOWN})")
