"""CPU time of processes, from /proc: a server's own and its database backends'."""

from __future__ import annotations

import os
from pathlib import Path

TICK = 1000 / os.sysconf("SC_CLK_TCK")  # ms


def children(pid: int) -> list[int]:
    """Return the process and everything it started, as they are now."""
    found, waiting = [pid], [pid]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in task.read_text().split():
                found.append(int(child))
                waiting.append(int(child))
    return found


def backends(postmaster: int, role: str) -> list[int]:
    """Return the backends of the cluster that serve ``role``."""
    serving = []
    for pid in children(postmaster):
        try:
            title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if title.startswith("postgres:") and f" {role} " in f" {title} ":
            serving.append(pid)
    return serving


def spent(pids: list[int]) -> float:
    """Return user and system time of these processes so far, in ms, to the microsecond where the kernel says."""
    total = 0.0
    for pid in pids:
        try:
            # /proc/PID/schedstat counts nanoseconds on the CPU; the clock ticks of stat are 10 ms apart.
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0]) / 1e6
        except OSError:
            continue
    return total
