"""What infra/ ships for servers is what they take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import environment
from tests.support.servers import ROOT


def test_gunicorn_takes_its_file(tmp_path: Path) -> None:
    told = {**os.environ, **environment(tmp_path), "HOST": "::1", "PORT": "28999", "WORKERS": "3"}
    ran = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--print-config", "-c", str(ROOT / "infra" / "gunicorn.conf.py"),
         "plumbline.wsgi:app"],
        env=told, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    told_of = dict(line.split("=", 1) for line in ran.stdout.splitlines() if "=" in line)
    found = {name.strip(): value.strip() for name, value in told_of.items()}
    assert found["bind"] == "['[::1]:28999']"
    assert (found["workers"], found["threads"], found["worker_class"]) == ("3", "8", "gthread")
