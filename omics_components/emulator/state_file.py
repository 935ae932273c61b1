"""The state file: omics state in a SQLite database, so that it outlives the emulator.

Each call is one transaction, so a reader or a crash sees all of a call or nothing of it, and
several emulators may use one file: each sees what the others wrote. Only omics: keys, buckets and
accounts of the moto services beside it are gone with the process.
"""

import json
import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from omics_components.emulator.records import (
    ReadSet,
    Reference,
    ReferenceStore,
    RegionState,
    SequenceStore,
    TokenUse,
)
from omics_components.emulator.world import World

_VERSION = 2
"""Of the tables. Version 1 was one JSON document."""

_HEADER = b"SQLite format 3\0"

_SCHEMA = """
CREATE TABLE records (
    account TEXT, region TEXT, kind TEXT, store TEXT, key TEXT, document TEXT NOT NULL,
    PRIMARY KEY (account, region, kind, store, key)
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO counters VALUES ('last_serial', 0), ('writes', 0);
PRAGMA user_version = 2;
"""
_UPSERT = """
INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET document = excluded.document
"""
_DELETE = """
DELETE FROM records WHERE account = ? AND region = ? AND kind = ? AND store = ? AND key = ?
"""
_BUSY_S = 60.0
"""How long a transaction waits for that of another emulator (s)."""

_Place = tuple[str, str, str, str, str]
"""Account, region, kind of record, store that it is in or "", and key."""


class StateFile:
    """A world that is kept in a file. Not thread-safe: the emulator has a lock.

    Args:
        path: The file; made with its folders if it is not there. An empty one is an empty world.
        world: Holds what is in the file while a transaction lasts.

    Raises:
        ValueError: The file is not a state of this version, or cannot be written.
    """

    def __init__(self, path: Path, world: World) -> None:
        self._path = path
        self._world = world
        self._seen_writes = -1
        self._written: dict[_Place, bytes] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _require_database(path)
            with self.transaction():
                pass
        except (OSError, sqlite3.OperationalError) as error:
            raise ValueError(f"{path} cannot be used as a state file: {error}") from error
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a state file of this emulator: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Bring the world up to date, let it be changed, and write what was changed.

        Also what was changed before an error: a refusal may be remembered.
        """
        with closing(sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)) as file:
            # What was written survives the process at once; only a power failure could take it.
            file.execute("PRAGMA synchronous = OFF")
            file.execute("BEGIN IMMEDIATE")
            self._load(file)
            try:
                yield
            finally:
                self._store(file)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Bring the world up to date for what changes nothing."""
        with closing(sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)) as file:
            file.execute("BEGIN")
            self._load(file)
        yield

    def _load(self, file: sqlite3.Connection) -> None:
        """Replace the world if another emulator has written since."""
        version = file.execute("PRAGMA user_version").fetchone()[0]
        tables = file.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables and not version:
            # Statement by statement: executescript would end the transaction first.
            for statement in _SCHEMA.split(";"):
                file.execute(statement)
        elif version != _VERSION:
            raise ValueError(f"it has version {version}, not {_VERSION}")
        counters = dict(file.execute("SELECT name, value FROM counters"))
        if counters["writes"] == self._seen_writes:
            return
        self._world.regions = {}
        self._world.last_serial = counters["last_serial"]
        for *place, document in file.execute("SELECT * FROM records ORDER BY rowid"):
            account, region, kind, store, key = place
            _put(self._world.region(account, region), kind, store, key, json.loads(document))
        self._seen_writes = counters["writes"]
        self._written = {place: _fingerprint(one) for place, one in _records(self._world)}

    def _store(self, file: sqlite3.Connection) -> None:
        """Write what differs from what was written or read last."""
        found = dict(_records(self._world))
        prints = {place: _fingerprint(one) for place, one in found.items()}
        changed = [place for place in found if self._written.get(place) != prints[place]]
        gone = self._written.keys() - prints.keys()
        if not changed and not gone:
            file.execute("COMMIT")  # of new tables
            return
        texts = ((*place, json.dumps(_document(found[place]))) for place in changed)
        file.executemany(_UPSERT, texts)
        file.executemany(_DELETE, gone)
        counters = {"writes": self._seen_writes + 1, "last_serial": self._world.last_serial}
        for name, value in counters.items():
            file.execute("UPDATE counters SET value = ? WHERE name = ?", (value, name))
        file.execute("COMMIT")
        self._seen_writes += 1
        self._written = prints


def _require_database(path: Path) -> None:
    """Refuse another file: SQLite takes one of less than a page for a new database."""
    start = b""
    if path.is_file():
        with path.open("rb") as stream:
            start = stream.read(len(_HEADER))
    if start not in (b"", _HEADER):
        raise ValueError("it is no database")


def _records(world: World) -> Iterator[tuple[_Place, Any]]:
    for (account, name), region in world.regions.items():
        for kind in ("sequence_stores", "reference_stores", "token_uses", "principals"):
            for key, one in getattr(region, kind).items():
                yield (account, name, kind, "", key), one
        for store in region.sequence_stores.values():
            for key, read_set in store.read_sets.items():
                yield (account, name, "read_sets", store.id, key), read_set
        for reference_store in region.reference_stores.values():
            for key, reference in reference_store.references.items():
                yield (account, name, "references", reference_store.id, key), reference


def _alone(one: Any) -> Any:
    """Return a record without the records in it, which have places of their own."""
    if isinstance(one, SequenceStore):
        return replace(one, read_sets={})
    if isinstance(one, ReferenceStore):
        return replace(one, references={})
    return one


def _fingerprint(one: Any) -> bytes:
    """Return what differs if a record differs: five times as fast as its document."""
    return pickle.dumps(vars(_alone(one)) if hasattr(one, "__dict__") else one)


def _document(one: Any) -> Any:
    return one if isinstance(one, float) else asdict(_alone(one))


def _put(region: RegionState, kind: str, store: str, key: str, document: Any) -> None:
    """Put a record where it was; those of a store come after it."""
    if kind == "sequence_stores":
        region.sequence_stores[key] = SequenceStore.from_json(document)
    elif kind == "reference_stores":
        region.reference_stores[key] = ReferenceStore.from_json(document)
    elif kind == "read_sets":
        region.sequence_stores[store].read_sets[key] = ReadSet.from_json(document)
    elif kind == "references":
        region.reference_stores[store].references[key] = Reference.from_json(document)
    elif kind == "token_uses":
        region.token_uses[key] = TokenUse(**document)
    else:
        region.principals[key] = document
