"""Find the process at the other end of a local connection, and those above it.

Linux only; elsewhere no process is ever found.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

_LOCAL, _REMOTE, _INODE = 1, 2, 9
"""Columns of /proc/net/tcp."""


def peer_process(peer_port: int, server_port: int) -> int | None:
    """Return the pid of the process that is connected from *peer_port* to *server_port*.

    Args:
        peer_port: The client's TCP port on this machine.
        server_port: The port it is connected to.
    """
    inode = _socket_inode(peer_port, server_port)
    if inode is None:
        return None
    link = f"socket:[{inode}]"
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, link):
            return int(process.name)
    return None


def ancestors(pid: int, programs: Collection[str]) -> Iterator[int]:
    """Yield the processes above *pid* that run one of *programs*, the nearest first."""
    while pid > 1:
        try:
            stat = (Path("/proc") / str(pid) / "stat").read_text()
        except OSError:
            return  # it has ended
        # The name is in parentheses and may hold some itself; state and parent follow it.
        pid = int(stat.rpartition(")")[2].split()[1])
        if pid > 1 and _program(pid) in programs:
            yield pid


def _program(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _socket_inode(local_port: int, remote_port: int) -> str | None:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            columns = line.split()
            if (_port(columns[_LOCAL]), _port(columns[_REMOTE])) == (local_port, remote_port):
                return columns[_INODE]
    return None


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _holds(process: Path, link: str) -> bool:
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                if str(descriptor.readlink()) == link:
                    return True
            except OSError:
                continue  # closed since it was listed
    except OSError:
        return False  # it has ended, or belongs to someone else
    return False
