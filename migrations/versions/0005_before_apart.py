"""What a row of a buyer's list said before its last move, in a table of its own.

A supplier reads the rows that are shown to it (0002), and read with them a reason that the buyer had taken
back. The policies here say that a buyer reads its own, and no supplier any.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "buyer_ask_before"
JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)
# As 0002 says whom a transaction is for; a migration stands as it ran, so it imports none.
POLICIES = {
    "system": "(SELECT current_setting('plumbline.audience', true) = 'system')",
    "buyer": (
        "(SELECT current_setting('plumbline.audience', true) = 'buyer') "
        "AND organization_id = NULLIF(current_setting('plumbline.org', true), '')::uuid"
    ),
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("ask_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("said", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["ask_id"], ["buyer_ask.id"], name=op.f("fk_buyer_ask_before_ask_id_buyer_ask")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_buyer_ask_before_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("ask_id", name=op.f("pk_buyer_ask_before")),
    )
    copied(
        f"INSERT INTO {TABLE} (ask_id, organization_id, said) "
        "SELECT id, organization_id, before FROM buyer_ask WHERE before IS NOT NULL"
    )
    # Not in a batch: that makes the table anew, and SQLite refuses to drop one whose rows others name. A server
    # of the release before is to stop first: it reads a column that must not stay for what it tells.
    op.execute("-- squawk-ignore ban-drop-column\nALTER TABLE buyer_ask DROP COLUMN before")
    if on_postgresql():
        wall()


def on_postgresql() -> bool:
    """Whether the statements go to PostgreSQL, or are written down for it."""
    return context.is_offline_mode() or op.get_bind().dialect.name == "postgresql"


def copied(statement: str) -> None:
    """Move what stands there: under forced policies the owner, as whom a migration runs, would see no row."""
    tables = ("buyer_ask", TABLE) if on_postgresql() else ()
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def wall() -> None:
    """The application writes it; the platform and the row's buyer alone see it."""
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {TABLE} TO plumbline_app")
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    for audience, predicate in POLICIES.items():
        op.execute(f"CREATE POLICY {audience} ON {TABLE} FOR ALL TO plumbline_app USING ({predicate})")


def downgrade() -> None:
    op.add_column("buyer_ask", sa.Column("before", JSON, nullable=True))
    copied(
        f"UPDATE buyer_ask SET before = (SELECT said FROM {TABLE} b WHERE b.ask_id = buyer_ask.id) "
        f"WHERE id IN (SELECT ask_id FROM {TABLE})"
    )
    op.drop_table(TABLE)
