"""The installed Python distributions, read from their metadata."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import getaddresses
from importlib.metadata import Distribution, distributions
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.contract.progress import Meter
from nerv_lab.lab.import_reports import ImportProblem

__all__ = ["Installed", "Paths", "read_installed"]

Paths = str | PathLike[str] | Sequence[str | PathLike[str]]

_LICENCE_WORDS = re.compile(r"\(|\)|\b(?:AND|OR)\b")
_LONGEST_LICENCE_NAME = 80
_UNSAID = {"", "UNKNOWN"}


@dataclass(frozen=True, slots=True)
class Installed:
    """What one distribution says of itself.

    Attributes
    ----------
    key : str
        Its normalised name, such as ``"jupyter-client"``.
    name, version : str
        As it writes them.
    summary, home_page, requires_python : str or None
        As it writes them; None where it does not.
    authors : mapping of str to str or None
        From names to email addresses.
    licences : tuple of str
        SPDX identifiers where it gives them, or else names of licences.
    licence_expression : str or None
        How the licences combine, in SPDX.
    requirements : tuple of Requirement
        In the order of the metadata.
    extras : tuple of str
        Names of its optional sets of requirements.
    entry_points : mapping of str to (mapping of str to str)
        From groups to names to objects.
    """

    key: str
    name: str
    version: str
    summary: str | None = None
    home_page: str | None = None
    requires_python: str | None = None
    authors: Mapping[str, str | None] = field(default_factory=dict)
    licences: tuple[str, ...] = ()
    licence_expression: str | None = None
    requirements: tuple[Requirement, ...] = ()
    extras: tuple[str, ...] = ()
    entry_points: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_installed(
    path: Paths | None = None, meter: Meter | None = None
) -> tuple[dict[str, Installed], list[ImportProblem]]:
    """Read what is installed.

    Parameters
    ----------
    path : path or sequence of paths, optional
        Folders to look in, such as a ``site-packages``; by default those of this interpreter.
    meter : Meter, optional
        Told of each distribution.

    Returns
    -------
    tuple of (dict of str to Installed, list of ImportProblem)
        Distributions by normalised name, and what could not be read of them. Of two with one
        name the one that Python would import is kept: that of the earlier folder, and within a
        folder the newer.

    Raises
    ------
    ValidationError
        When a path is no folder.
    """
    problems: list[ImportProblem] = []
    found: dict[str, tuple[Installed, str]] = {}
    distributions, meter = [*_found(path)], meter or Meter()
    meter.expect(len(distributions))
    for distribution in meter.each(distributions):
        place = str(distribution.locate_file(""))
        installed = _read(distribution, problems)
        if installed is None:
            continue
        first, first_place = found.setdefault(installed.key, (installed, place))
        if first is not installed:
            if place == first_place and _version(installed) > _version(first):
                found[installed.key] = (installed, place)
                first, installed = installed, first
            what = f"metadata of {installed.version} as well; kept {first.version}"
            problems.append(ImportProblem(first.name, what))
    return {key: found[key][0] for key in sorted(found)}, problems


def _found(path: Paths | None) -> Iterable[Distribution]:
    if path is None:
        # A folder may stand twice on the path, under two names, and is no duplicate of itself.
        unique: dict[Path, str] = {}
        for entry in sys.path:
            unique.setdefault(Path(entry).resolve(), entry)
        return distributions(path=list(unique.values()))
    folders = [path] if isinstance(path, (str, PathLike)) else list(path)
    for folder in folders:
        if not Path(folder).is_dir():
            raise ValidationError("path", f"{folder} is not a folder")
    return distributions(path=[fspath(folder) for folder in folders])


def _version(installed: Installed) -> Version:
    try:
        return Version(installed.version)
    except InvalidVersion:
        return Version("0.dev0")


def _read(distribution: Distribution, problems: list[ImportProblem]) -> Installed | None:
    try:
        metadata: Any = distribution.metadata
        name, version = _text(metadata, "Name"), _text(metadata, "Version")
    except Exception as error:  # noqa: BLE001 - metadata is whatever a build tool left behind
        problems.append(ImportProblem(_place(distribution), f"unreadable metadata: {error!r}"))
        return None
    if name is None or version is None:
        missing = "Name" if name is None else "Version"
        problems.append(ImportProblem(_place(distribution), f"metadata without {missing}"))
        return None
    reader = _Reader(name, metadata, problems)
    licences, expression = reader.licences()
    return Installed(
        key=canonicalize_name(name),
        name=name,
        version=version,
        summary=_text(metadata, "Summary"),
        home_page=_text(metadata, "Home-page"),
        requires_python=_text(metadata, "Requires-Python"),
        authors=reader.authors(),
        licences=licences,
        licence_expression=expression,
        requirements=tuple(reader.requirements()),
        extras=tuple(_texts(metadata, "Provides-Extra")),
        entry_points=reader.entry_points(distribution),
    )


def _place(distribution: Distribution) -> str:
    folder = getattr(distribution, "_path", None)
    return getattr(folder, "name", None) or "a distribution"


def _texts(metadata: Any, header: str) -> list[str]:
    values = (str(value) for value in metadata.get_all(header, []))
    return [_printable(value) for value in values if value.strip() not in _UNSAID]


def _text(metadata: Any, header: str) -> str | None:
    return next(iter(_texts(metadata, header)), None)


def _printable(text: str) -> str:
    """Return text that a name may hold; a byte that was no UTF-8 becomes the replacement sign."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]+", " ", clean).strip()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the parts that may be broken, and notes where they are."""

    name: str
    metadata: Any
    problems: list[ImportProblem]

    def note(self, what: str) -> None:
        self.problems.append(ImportProblem(self.name, what))

    def authors(self) -> dict[str, str | None]:
        people: dict[str, str | None] = {}
        addressed = getaddresses(
            [*_texts(self.metadata, "Author-email"), *_texts(self.metadata, "Maintainer-email")]
        )
        for name, email in addressed:
            if person := _one_line(name or email):
                people.setdefault(person, email if "@" in email else None)
        for name in map(_one_line, _texts(self.metadata, "Author")):
            if name and not _is_known(name, people):
                people[name] = None
        return people

    def licences(self) -> tuple[tuple[str, ...], str | None]:
        stated = _text(self.metadata, "License-Expression")
        if stated is not None:
            try:
                expression = canonicalize_license_expression(stated)
            except InvalidLicenseExpression as error:
                self.note(f"invalid License-Expression {stated!r}: {error}")
            else:
                parts = (part.strip() for part in _LICENCE_WORDS.split(expression))
                return tuple(dict.fromkeys(part for part in parts if part)), str(expression)
        classified = [
            classifier.rpartition(" :: ")[2]
            for classifier in _texts(self.metadata, "Classifier")
            if classifier.startswith("License ::") and not classifier.endswith("OSI Approved")
        ]
        if classified:
            return tuple(dict.fromkeys(classified)), None
        lines = (_text(self.metadata, "License") or "").splitlines()
        first = lines[0].strip() if lines else ""
        # A longer line is the text of a licence, not its name.
        return ((first,) if 0 < len(first) <= _LONGEST_LICENCE_NAME else ()), None

    def requirements(self) -> Iterator[Requirement]:
        for text in _texts(self.metadata, "Requires-Dist"):
            try:
                yield Requirement(text)
            except InvalidRequirement as error:
                reason = str(error).splitlines()[0]
                self.note(f"invalid requirement {text!r}: {reason}")

    def entry_points(self, distribution: Distribution) -> dict[str, dict[str, str]]:
        groups: dict[str, dict[str, str]] = {}
        try:
            for point in distribution.entry_points:
                groups.setdefault(point.group, {})[point.name] = point.value
        except Exception as error:  # noqa: BLE001 - the file is whatever a build tool left behind
            self.note(f"unreadable entry points: {error}")
            return {}
        return groups


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_known(name: str, people: Mapping[str, str | None]) -> bool:
    return any(name.casefold() == known.casefold() for known in people)
