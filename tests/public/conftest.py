"""What the public pages show when a version is published, and what they show before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from assessments.authoring.versions import publish_version
from assessments.parties import SYSTEM
from tests.conftest import Stack
from tests.support.assessing import standard
from tests.support.statements import as_a_server, counted


@pytest.fixture
def published(embedded: Stack) -> Stack:
    """A world in which the standard questionnaire is published."""
    publish_version(embedded.session, standard(), by=SYSTEM, at=datetime.now(UTC))
    embedded.session.commit()
    return embedded


@pytest.fixture
def statements() -> Callable[[Stack, str], int]:
    """How many statements opening an address takes, when its questionnaire has been read before."""

    def count(stack: Stack, address: str) -> int:
        client = stack.visit().client
        as_a_server(client.get, address)
        with counted(stack.engine) as ran:
            answer = as_a_server(client.get, address)
        assert answer.status_code == 200, address
        return len(ran)

    return count
