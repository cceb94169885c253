"""The walk through the nine steps in the interface's README is run as it stands, by a shell with curl."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from plumbline.signing import create_keys
from tests.conftest import Stack
from tests.support.assessing import published_standard

WALK = Path(__file__).parents[2] / "platform" / "plumbline" / "api" / "README.md"


def test_the_nine_steps_by_curl(embedded: Stack, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    published_standard(embedded.session)
    embedded.session.commit()
    create_keys(embedded.settings.key_folder)
    cast = embedded.cast
    people = (cast.jana, cast.petr, cast.anna, cast.lena, cast.sara, cast.rene, cast.alba)
    logins = [{"role": who.role.value, "token": embedded.visit(who).token} for who in people]
    (tmp_path / "logins.json").write_text(json.dumps(logins))
    embedded.session.rollback()
    script = "\n".join(re.findall(r"```sh\n(.*?)```", WALK.read_text(), re.DOTALL))
    server = make_server("127.0.0.1", 0, embedded.app, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        made = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            capture_output=True, text=True, check=False, timeout=200,
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin", "LOGINS": str(tmp_path / "logins.json"),
                "HOST": f"http://127.0.0.1:{server.port}", "no_proxy": "127.0.0.1",
            },
        )  # fmt: skip
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
    assert made.returncode == 0, made.stdout[-1500:] + made.stderr[-1500:]
    said = made.stdout.splitlines()
    for state in (
        "submitted",
        "fact_check",
        "amended",
        "agreed",
        "in_review",
        "published",
        "verified_closed",
    ):
        assert state in said, state
    assert said[-1].endswith("not shared any more")
    assert "Nordvolt Mobility SE" in said
