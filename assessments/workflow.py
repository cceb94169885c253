"""Workflows as data: one table of moves each, walked by tests and asked by every method that moves."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from assessments.sentences import N_, CodeWord, Sentence, sentence

State = TypeVar("State", bound=enum.StrEnum)
Who = TypeVar("Who", bound=enum.StrEnum)


class Refused(Exception):
    """A rule said no. ``message`` says what and why, ``remedy`` what to do; nothing was changed.

    Both are a literal, or ``N_`` where they have values: the catalogue of texts is collected from here.
    ``code`` is a stable word for programs; ``places`` lists what is concerned (question keys, fields), or
    maps each to what to do there.
    """

    code = "refused"

    def __init__(
        self, message: str, remedy: str = "", *, places: Iterable[str] | Mapping[str, str] = ()
    ) -> None:
        super().__init__(message)
        self.message: Sentence = sentence(message)
        self.remedy: Sentence = sentence(remedy)
        self.places = tuple(places)
        told = places if isinstance(places, Mapping) else {}
        self.faults: dict[str, Sentence] = {place: sentence(fault) for place, fault in told.items()}

    def said_at(self, place: str) -> Sentence:
        """What to do at one of the places: its own words, else those of the whole."""
        return self.faults.get(place) or self.remedy or self.message


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
        super().__init__(message, N_("Compare both versions and save the one that is right."))
        self.current = current
        self.offered = offered


class Invalid(Refused):
    """What was handed in cannot be read; ``faults`` maps each place to its message."""

    code = "invalid"

    def __init__(self, message: str, faults: Mapping[str, str]) -> None:
        super().__init__(message, N_("Correct the places named and send it again."), places=faults)


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

        Raises WrongActor when ``role`` may not make it and WrongState when it cannot start from ``state``;
        who never makes it hears the former alone.
        An unknown name is a fault of the program and raises KeyError.
        """
        candidates = [move for move in self.moves if move.name == name]
        if not candidates:
            raise KeyError(f"{self.name}: no move is called {name!r}")
        if not any(role in move.roles for move in candidates):
            raise self._wrong_actor(name, candidates, role)
        fitting = [move for move in candidates if state in move.sources]
        if not fitting:
            sources = sorted({source.value for move in candidates for source in move.sources})
            raise WrongState(
                N_(
                    "This %(thing)s is %(state)s; it cannot %(move)s from there.",
                    thing=CodeWord(self.name),
                    state=CodeWord(state),
                    move=CodeWord(name),
                ),
                N_("Possible from: %(states)s.", states=tuple(CodeWord(source) for source in sources)),
            )
        allowed = [move for move in fitting if role in move.roles]
        if not allowed:
            raise self._wrong_actor(name, fitting, role)
        return allowed[0].target

    def _wrong_actor(self, name: str, moves: Iterable[Move[State, Who]], role: Who) -> WrongActor:
        who = sorted({each.value for move in moves for each in move.roles})
        return WrongActor(
            N_(
                "As %(role)s you cannot %(move)s this %(thing)s.",
                role=CodeWord(role),
                move=CodeWord(name),
                thing=CodeWord(self.name),
            ),
            N_("This is done by: %(roles)s.", roles=tuple(CodeWord(each) for each in who)),
        )

    def open_to(self, state: State, role: Who) -> tuple[str, ...]:
        """Return the names of the moves that ``role`` can make from ``state``, in table order."""
        return tuple(move.name for move in self.moves if state in move.sources and role in move.roles)

    def sources(self, name: str) -> frozenset[State]:
        """Return the states from which somebody can make move ``name``."""
        return frozenset(source for move in self.moves if move.name == name for source in move.sources)

    def states(self) -> frozenset[State]:
        """Return every state the table reaches."""
        return frozenset({self.initial, *(move.target for move in self.moves)})
