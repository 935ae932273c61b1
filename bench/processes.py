"""Run a command, and measure it and its plugin process.

What the plugin takes is read from ``/proc``, for it is not ours to wait for; where there is none,
as on macOS, it stays unknown.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PLUGIN = b"-m\0pulumi.dynamic\0"
_LOOK_EVERY_S = 0.05
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Spent:
    """The cost of a command.

    Args:
        wall_s: From start to end, in seconds (s).
        cpu_s: Processor time (s) of the command and what it waited for.
        plugin_cpu_s: Processor time (s) of the plugin process; None if there was none.
        plugin_rss_bytes: The most memory that it had at once.
        exit_code: How the command ended.
        text: What it printed.
        lines: What was written to the followed file: when, in seconds (s) from the start, and what.
    """

    wall_s: float
    cpu_s: float
    plugin_cpu_s: float | None
    plugin_rss_bytes: int | None
    exit_code: int
    text: str
    lines: tuple[tuple[float, str], ...] = ()


def total(spent: Sequence[Spent]) -> Spent:
    """Add up several attempts; the exit status is that of the last one."""
    known = [each for each in spent if each.plugin_rss_bytes is not None]
    return dataclasses.replace(
        spent[-1],
        wall_s=sum(each.wall_s for each in spent),
        cpu_s=sum(each.cpu_s for each in spent),
        plugin_cpu_s=sum(each.plugin_cpu_s or 0 for each in known) if known else None,
        plugin_rss_bytes=max((each.plugin_rss_bytes or 0 for each in known), default=None),
    )


def run(
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    follow: Path | None = None,
) -> Spent:
    """Run a command and measure the plugin process that it starts, if any.

    Args:
        command: Program and arguments.
        cwd: Where it runs.
        environment: Its environment.
        follow: A file that it writes line by line; when each line came is noted.
    """
    # A CLI that inherits an ignored SIGINT waits 5 s for its language host.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began_s = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    watch = _Watch(process.pid, follow)
    watch.start()
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - began_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdout:
        process.stdout.close()
    watch.end()
    return Spent(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        plugin_cpu_s=watch.cpu_s,
        plugin_rss_bytes=watch.rss_bytes,
        exit_code=process.returncode,
        text=output.decode(errors="replace"),
        lines=tuple((at_s - began_s, line) for at_s, line in watch.lines),
    )


def processor_time_s(pid: int) -> float | None:
    """Return the processor time (s) that a running process has taken; None if unknown."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND if fields else None


def _stat(pid: int) -> list[str] | None:
    """Return the kernel's statistics of a process, from the third field (the state) on."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


class _Watch(threading.Thread):
    """Looks for the plugin process below another one, and then at it, until that ends."""

    def __init__(self, root: int, follow: Path | None) -> None:
        super().__init__(daemon=True)
        self.cpu_s: float | None = None
        self.rss_bytes: int | None = None
        self.lines: list[tuple[float, str]] = []
        self._root = root
        self._follow = follow
        self._read_to = 0
        self._plugin: int | None = None
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until the end, and once more."""
        is_last = False
        while not is_last:
            is_last = self._ended.wait(_LOOK_EVERY_S)
            self._plugin = self._plugin or _find_plugin(self._root)
            if self._plugin:
                self._look(self._plugin)
            if self._follow and self._follow.exists():
                self._read_on(self._follow)

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
        self.join()

    def _read_on(self, file: Path) -> None:
        """Read the lines that are new and whole."""
        now_s = time.monotonic()
        with file.open("rb") as stream:
            stream.seek(self._read_to)
            whole, end, _ = stream.read().rpartition(b"\n")
        self._read_to += len(whole) + len(end)
        self.lines += [(now_s, line.decode()) for line in whole.splitlines()]

    def _look(self, pid: int) -> None:
        try:
            status = (_PROC / str(pid) / "status").read_text()
        except OSError:
            return  # it has ended
        peak = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        if peak:
            self.rss_bytes = int(peak[0].split()[1]) * 1024
            self.cpu_s = processor_time_s(pid)


def _find_plugin(root: int) -> int | None:
    """Find the process that runs the dynamic providers, anywhere below *root*."""
    if not _PROC.is_dir():
        return None
    parents: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            fields = _stat(int(entry.name))
            if fields:
                parents[int(entry.name)] = int(fields[1])
    for pid in parents:
        ancestor = pid
        while ancestor in parents and ancestor != root:
            ancestor = parents[ancestor]
        if ancestor == root and _is_plugin(pid):
            return pid
    return None


def _is_plugin(pid: int) -> bool:
    try:
        return _PLUGIN in (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False
