"""Addresses whose writers are made when the first link to them is written.

Werkzeug compiles two functions for each rule as it is added: one that writes its address, one that writes it
with a query behind it. For our 280 rules that was nine tenths of what making the application cost, at the
start of every command, and few of them are written before it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Writer = Callable[..., tuple[str, str]]

_MADE: dict[tuple[object, ...], Writer] = {}
"""By what a writer is made from; it holds nothing of one rule, which it is given when it is called."""


class Address(Rule):
    """A rule of one address: it matches at once and learns to write itself when it is first asked to."""

    def _compile_builder(self, append_unknown: bool = True) -> Writer:
        # Werkzeug binds what is returned here to the rule; an argument of the address may bear any name.
        def write(rule: Address, /, **values: Any) -> tuple[str, str]:
            return rule._writer(append_unknown)(rule, **values)

        return write

    def _writer(self, append_unknown: bool) -> Writer:
        if self.defaults:  # they are written into the function
            return super()._compile_builder(append_unknown)
        made_from = (*self._trace, append_unknown)
        if made_from not in _MADE:
            _MADE[made_from] = super()._compile_builder(append_unknown)
        return _MADE[made_from]
