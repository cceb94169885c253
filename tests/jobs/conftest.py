"""The fixtures of this room."""

from tests.support.desks import no_handlers, place, postgres_place, sqlite_place_only

__all__ = ["no_handlers", "place", "postgres_place", "sqlite_place_only"]
