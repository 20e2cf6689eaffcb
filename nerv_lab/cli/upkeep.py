"""``nerv-lab doctor``, ``backup``, ``restore``, ``compact``, ``migrate`` and ``rekey``."""

from __future__ import annotations

import argparse
import getpass
import platform
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from nerv_lab.cli.progress import add_progress, wants_progress
from nerv_lab.core.errors import StoreNotFoundError, ValidationError
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.contract.progress import told
from nerv_lab.inner_universe.embedded.examining import size_text
from nerv_lab.inner_universe.embedded.migrating import migrate_store
from nerv_lab.inner_universe.embedded.upkeep import (
    Copied,
    backup_store,
    compact_store,
    restore_store,
)
from nerv_lab.inner_universe.keys.keyring_keys import key_of
from nerv_lab.lab import Lab, open

if TYPE_CHECKING:
    from nerv_lab.inner_universe.keys.store_keys import KeySource

__all__ = ["add_upkeep_commands", "examine_store", "key_for"]

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_Answer: TypeAlias = tuple[int, str, Any]
_STORE: Final = "the store file, such as team.nerv"


def add_upkeep_commands(commands: _Commands) -> None:
    """Add the commands to a parser."""
    text = "copy a store, as it is at one moment, while others may have it open; verified"
    backup = _add(commands, "backup", text, _backup)
    backup.add_argument("store", help=_STORE)
    backup.add_argument("target", help="the file to write, such as team.backup")
    backup.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    text = "make a store of a backup, which is verified first"
    restore = _add(commands, "restore", text, _restore)
    restore.add_argument("backup", help="the file that nerv-lab backup wrote")
    restore.add_argument("target", help=_STORE)
    text = "also where a file is there; it is kept under another name"
    restore.add_argument("--force", action="store_true", help=text)
    text = "write a store file anew without the space that is unused in it"
    compact = _add(commands, "compact", text, _compact)
    compact.add_argument("store", help=_STORE)
    text = "bring a store of an older nerv-lab to the present tables; a backup is made first"
    migrate = _add(commands, "migrate", text, _migrate)
    migrate.add_argument("store", help=_STORE)
    migrate.add_argument("--dry-run", action="store_true", help="only say what would be done")
    text = "encrypt a store file with another key, or for the first time; the key is asked for"
    rekey = _add(commands, "rekey", text, _rekey)
    rekey.add_argument("store", help=_STORE)
    rekey.add_argument("--plain", action="store_true", help="decrypt it for good instead")
    for command in (backup, restore, compact, migrate, rekey):
        add_progress(command)


def _add(commands: _Commands, name: str, text: str, run: Any) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    text = "ask for the key of an encrypted store (default: NERV_KEY, or the keyring if "
    command.add_argument("--ask-key", action="store_true", help=f"{text}NERV_KEY_KEYRING is set)")
    command.set_defaults(run=run)
    return command


def key_for(store: str, given: argparse.Namespace) -> KeySource | None:
    """Return the key that is asked for at the terminal, or else what the environment gives."""
    if given.ask_key:
        return getpass.getpass(f"key of {store}: ")
    return key_of(store, InnerUniverseConfig())


def _file(store: str) -> str:
    if "://" in store:
        raise ValidationError(
            "store", f"{store!r} is on a server; take its history along with nerv-lab export"
        )
    return store


def _backup(given: argparse.Namespace) -> _Answer:
    done = backup_store(
        _file(given.store),
        given.target,
        key=key_for(given.store, given),
        overwrite=given.overwrite,
        progress=wants_progress(given),
    )
    return 0, f"backed up and verified: {done.path}, {size_text(done.after)}", _record(done)


def _restore(given: argparse.Namespace) -> _Answer:
    done = restore_store(
        given.backup,
        _file(given.target),
        key=key_for(given.target, given),
        force=given.force,
        progress=wants_progress(given),
    )
    text = f"verified and restored: {done.path}, {size_text(done.after)}"
    if done.kept is not None:
        text += f"; what was there before is kept as {done.kept}"
    return 0, text, _record(done)


def _compact(given: argparse.Namespace) -> _Answer:
    with told(wants_progress(given)):
        done = compact_store(_file(given.store), key=key_for(given.store, given))
    sizes = f"{size_text(done.before)} before, {size_text(done.after)} now"
    return 0, f"compacted: {done.path}, {sizes}", _record(done)


def _migrate(given: argparse.Namespace) -> _Answer:
    key = key_for(_file(given.store), given)
    done = migrate_store(
        given.store, key=key, dry_run=given.dry_run, progress=wants_progress(given)
    )
    backup = None if done.backup is None else str(done.backup)
    answer = {"path": given.store, "found": done.found, "now": done.now}
    answer |= {"steps": list(done.steps), "backup": backup}
    if not done.steps:
        return 0, f"{given.store} is up to date (schema {done.now})", answer
    said = "would take these steps" if given.dry_run else f"schema {done.found} is now {done.now}"
    lines = [f"{given.store}: {said}", *(f"  {step}" for step in done.steps)]
    if backup is not None:
        lines.append(f"as it was before: {backup}")
    return 0, "\n".join(lines), answer


def _record(done: Copied) -> dict[str, Any]:
    kept = None if done.kept is None else str(done.kept)
    return {"path": str(done.path), "before": done.before, "after": done.after, "kept": kept}


def _rekey(given: argparse.Namespace) -> _Answer:
    if not Path(_file(given.store)).exists():
        raise StoreNotFoundError(f"there is no store {given.store!r}; check the name")
    key = key_for(given.store, given)
    new_key = None if given.plain else _asked_twice(given.store)
    with told(wants_progress(given)) as meter:
        meter.expect(2)  # opened, and written anew and verified
        with open(given.store, key=key) as lab:
            meter.advance()
            lab.rekey(new_key)
    text = "is in plain text now" if new_key is None else "opens with the new key alone"
    return 0, f"{given.store} {text}", {"path": given.store, "encrypted": new_key is not None}


def _asked_twice(store: str) -> str:
    prompt = f"new key of {store}: "
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first, second = getpass.getpass(prompt), getpass.getpass(f"{prompt.rstrip()} (again) ")
    if first != second:
        raise ValidationError("key", "was not the same the second time; nothing was changed")
    return first


def examine_store(lab: Lab) -> _Answer:
    """Examine a store, and return the code, the text and the JSON value to answer with."""
    report = lab.health()
    tools = {"python": platform.python_version(), "nerv-lab": version("nerv-lab")}
    findings = [asdict(finding) for finding in report.findings]
    text = f"{report!r}\n  " + ", ".join(f"{name} {found}" for name, found in tools.items())
    answer = {"uri": report.uri, "level": report.level, "findings": findings, "versions": tools}
    return 0 if report.ok else 1, text, answer
