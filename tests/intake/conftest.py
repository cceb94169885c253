"""Worlds that took acts to build."""

from tests.support.worlds import (
    built_postgres,
    built_sqlite,
    finished,
    finished_embedded,
    finished_postgres,
)

__all__ = ["built_postgres", "built_sqlite", "finished", "finished_embedded", "finished_postgres"]
