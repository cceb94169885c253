"""Workflows as data: one table of moves each, walked by tests and asked by every method that moves."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

State = TypeVar("State", bound=enum.StrEnum)
Who = TypeVar("Who", bound=enum.StrEnum)


class Refused(Exception):
    """A rule said no. ``message`` says what and why, ``remedy`` what to do; nothing was changed.

    ``code`` is a stable word for programs; ``places`` lists what is concerned (question keys, fields).
    """

    code = "refused"

    def __init__(self, message: str, remedy: str = "", *, places: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.places = tuple(places)


class WrongState(Refused):
    """The move does not start from the state the thing is in."""

    code = "wrong_state"


class WrongActor(Refused):
    """The move exists, and is somebody else's to make."""

    code = "wrong_actor"


class Stale(Refused):
    """Somebody else changed the thing since it was read; carries both versions."""

    code = "stale"

    def __init__(self, message: str, *, current: object, offered: object) -> None:
        super().__init__(message, "Compare both versions and save the one that is right.")
        self.current = current
        self.offered = offered


class Invalid(Refused):
    """What was handed in cannot be read; ``faults`` maps each place to its message."""

    code = "invalid"

    def __init__(self, message: str, faults: Mapping[str, str]) -> None:
        super().__init__(message, "Correct the places named and send it again.", places=faults)
        self.faults = dict(faults)


@dataclass(frozen=True)
class Move(Generic[State, Who]):
    """One line of a table: from any of ``sources`` by ``name`` to ``target``, made by one of ``roles``."""

    name: str
    sources: frozenset[State]
    target: State
    roles: frozenset[Who]
    note: str = ""


@dataclass(frozen=True)
class Workflow(Generic[State, Who]):
    """The moves of one kind of thing. ``initial`` is where it starts; ``final`` states have no way out."""

    name: str
    initial: State
    moves: tuple[Move[State, Who], ...]
    final: frozenset[State] = field(default_factory=frozenset)

    def move(self, name: str, state: State, role: Who) -> State:
        """Return the state after move ``name``.

        Raises WrongState when it cannot start from ``state`` and WrongActor when ``role`` may not make it.
        An unknown name is a fault of the program and raises KeyError.
        """
        candidates = [move for move in self.moves if move.name == name]
        if not candidates:
            raise KeyError(f"{self.name}: no move is called {name!r}")
        fitting = [move for move in candidates if state in move.sources]
        if not fitting:
            sources = sorted({source.value for move in candidates for source in move.sources})
            raise WrongState(
                f"This {self.name} is {_words(state)}; it cannot {_verb(name)} from there.",
                f"Possible from: {', '.join(_words(source) for source in sources)}.",
            )
        allowed = [move for move in fitting if role in move.roles]
        if not allowed:
            who = sorted({role.value for move in fitting for role in move.roles})
            raise WrongActor(
                f"As {_words(role)} you cannot {_verb(name)} this {self.name}.",
                f"This is done by: {', '.join(_words(word) for word in who)}.",
            )
        return allowed[0].target

    def open_to(self, state: State, role: Who) -> tuple[str, ...]:
        """Return the names of the moves that ``role`` can make from ``state``, in table order."""
        return tuple(move.name for move in self.moves if state in move.sources and role in move.roles)

    def states(self) -> frozenset[State]:
        """Return every state the table reaches."""
        return frozenset({self.initial, *(move.target for move in self.moves)})


def _words(value: str) -> str:
    return str(value).replace("_", " ")


def _verb(name: str) -> str:
    return name.replace("_", " ")
