"""Reading the command line, and answering with text or JSON and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from nerv_lab.cli.bundles import add_bundle_commands, export_store, import_store
from nerv_lab.cli.notebook import add_lab_command
from nerv_lab.cli.progress import add_progress, wants_progress
from nerv_lab.cli.upkeep import add_upkeep_commands, examine_store
from nerv_lab.core.errors import BundleError, CorruptStoreError, NervError, StoreNotFoundError
from nerv_lab.inner_universe.contract.progress import told
from nerv_lab.inner_universe.keys.signing import generate_signing_key
from nerv_lab.lab import Lab, open

__all__ = ["main", "make_parser"]

OK, PROBLEMS, FAILED = 0, 1, 2
_CODES = (
    "Exit codes: 0 all is well; 1 a store, a backup or a bundle is not sound; "
    "2 the command could not be run. The key of an encrypted store comes from NERV_KEY, or from "
    "the keyring where NERV_KEY_KEYRING is set."
)
Answer: TypeAlias = tuple[int, str, Any]
Command: TypeAlias = Callable[[Lab], Answer]


def _verify(
    lab: Lab,
    against: Lab | None = None,
    trusted: Sequence[str] | None = None,
    known: Sequence[str] = (),
) -> Answer:
    report = lab.verify(against, trusted=trusted, known=known)
    problems = [{"where": p.where, "what": p.what} for p in report.problems]
    answer = {"versions": report.versions, "events": report.events, "problems": problems}
    return OK if report.ok else PROBLEMS, repr(report), answer


def _log(lab: Lab) -> Answer:
    log = lab.log()
    rows = [{"label": e.label, "names": list(e.names), **e.version.record()} for e in log]
    return OK, repr(log), rows


_COMMANDS: dict[str, tuple[Command, str]] = {
    "verify": (_verify, "recompute every hash, digest and row; exit code 1 if anything is wrong"),
    "log": (_log, "list the versions, newest first"),
    "doctor": (
        examine_store,
        "examine a store and what it runs on; exit code 1 if something is not well",
    ),
}


def _publish(given: argparse.Namespace) -> Answer:
    from nerv_lab.inner_universe.spacetime.publish import publish_module

    with told(wants_progress(given)):
        uri = publish_module(given.url, given.name)
    return OK, f"published; open it with nerv_lab.open({uri!r})", {"uri": uri}


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="nerv-lab", description="Look after a nerv-lab store.", epilog=_CODES
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        command.add_argument("store", help="the store, such as team.nerv")
        command.add_argument("--json", action="store_true", help="answer in JSON")
        if name != "log":
            add_progress(command)
        if name == "verify":
            text = "compare with another store that is to hold the same history"
            command.add_argument("--against", metavar="STORE", help=text)
            text = "check what was signed, by this public key or others; may be given again"
            command.add_argument("--trusted", metavar="KEY", action="append", help=text)
            text = "a file of signed heads that you kept, one a line; they have to be there still"
            command.add_argument("--known", metavar="FILE", type=Path, help=text)
    text = "give a SpacetimeDB server the nerv-lab module, or update it; the data stays"
    command = commands.add_parser("publish", help=text, description=text.capitalize() + ".")
    command.add_argument("url", help="the server, such as http://127.0.0.1:3000")
    command.add_argument("name", help="the database, such as inner-universe")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    add_progress(command)
    text = "make a key that signs versions, for your eyes only, and show its public part"
    command = commands.add_parser("keygen", help=text, description=text.capitalize() + ".")
    command.add_argument("where", help="a file that is not there yet, or keyring:NAME")
    command.add_argument("--json", action="store_true", help="answer in JSON")
    add_bundle_commands(commands)
    add_upkeep_commands(commands)
    add_lab_command(commands)
    for command in commands.choices.values():
        command.epilog = _CODES
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        0 when all is well, 1 when a check found problems in a store or a bundle, 2 when the
        command could not be run.
    """
    given = make_parser().parse_args(arguments)
    try:
        code, text, answer = _run(given)
    except (NervError, OSError) as error:
        sys.stderr.write(f"nerv-lab {given.command}: {error}\n")
        if given.json:
            said = {"error": type(error).__name__, "message": str(error)}
            sys.stdout.write(json.dumps(said, indent=2) + "\n")
        return PROBLEMS if isinstance(error, (BundleError, CorruptStoreError)) else FAILED
    sys.stdout.write((json.dumps(answer, indent=2) if given.json else text) + "\n")
    return code


def _run(given: argparse.Namespace) -> Answer:
    if "run" in given:
        answer: Answer = given.run(given)
        return answer
    if given.command == "publish":
        return _publish(given)
    if given.command == "keygen":
        key = generate_signing_key(given.where)
        text = f"kept in {given.where}; its public part is\n{key.public}"
        return OK, text, {"public": key.public}
    if given.command == "import":
        return OK, *import_store(given)
    if given.command == "export":
        with _existing(given.store) as lab:
            return OK, *export_store(lab, given)
    command, _ = _COMMANDS[given.command]
    if given.command == "log":
        with _existing(given.store) as lab:
            return command(lab)
    return _looked_into(given, command)


def _looked_into(given: argparse.Namespace, command: Callable[..., Answer]) -> Answer:
    """Run a command that takes a while on a store, and tell what of it is done."""
    against = given.against if given.command == "verify" else None
    with told(wants_progress(given)) as meter, contextlib.ExitStack() as opened:
        meter.expect(2 if against is None else 3)  # each store opened, and what is done
        lab = opened.enter_context(_existing(given.store))
        meter.advance()
        if given.command != "verify":
            return command(lab)
        known = given.known.read_text().splitlines() if given.known else ()
        other = None if against is None else opened.enter_context(_existing(against))
        if other is not None:
            meter.advance()
        return _verify(lab, other, given.trusted, known)


def _existing(store: str) -> Lab:
    """Open a store, but never make one: a mistyped name must not leave a file behind."""
    if "://" not in store and not Path(store).exists():
        raise StoreNotFoundError(f"there is no store {store!r}; check the name")
    return open(store)
