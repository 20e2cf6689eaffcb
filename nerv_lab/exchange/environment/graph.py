"""What the installed distributions amount to, as drafts of entities and relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from nerv_lab.core.graph.changes import UNSET, UpdateEntity, UpdateRelation
from nerv_lab.core.limits import MAX_NAME
from nerv_lab.exchange.difference import RelationDraft
from nerv_lab.exchange.environment.distributions import Installed
from nerv_lab.exchange.identity import RelationIds
from nerv_lab.lab.import_reports import ImportProblem

__all__ = ["EnvironmentGraph"]


class EnvironmentGraph:
    """The entities and relations that the installed distributions amount to.

    Parameters
    ----------
    installed : mapping of str to Installed
        By normalised name.
    problems : list of ImportProblem
        Grows by what turns out to be unusable.

    Attributes
    ----------
    entities : dict of str to UpdateEntity
        By id.
    relations : dict of str to RelationDraft
        By id.
    """

    def __init__(self, installed: Mapping[str, Installed], problems: list[ImportProblem]) -> None:
        self._installed = installed
        self.problems = problems
        self.entities: dict[str, UpdateEntity] = {}
        self.relations: dict[str, RelationDraft] = {}
        self._ids = RelationIds()
        self._collect()

    def _collect(self) -> None:
        for key, dist in self._installed.items():
            self._entity(
                f"dist:{key}",
                "distribution",
                dist.name,
                dist.summary,
                version=dist.version,
                requires_python=dist.requires_python,
                home_page=dist.home_page,
                licence_expression=dist.licence_expression,
            )
        for dist in self._installed.values():
            self._collect_people(dist)
            for requirement in dist.requirements:
                self._collect_requirement(dist, requirement)

    def _collect_people(self, dist: Installed) -> None:
        for name, email in dist.authors.items():
            if id := self._named("author", "author", name, email=email):
                self._relation("written_by", dist, id)
        for name in dist.licences:
            if id := self._named("licence", "licence", name):
                self._relation("licensed_under", dist, id)
        for group, points in sorted(dist.entry_points.items()):
            if id := self._named("entry_points", "entry point group", group):
                self._relation("provides", dist, id, entry_points=dict(sorted(points.items())))

    def _collect_requirement(self, dist: Installed, requirement: Requirement) -> None:
        key = canonicalize_name(requirement.name)
        target = self._installed.get(key)
        marker = requirement.marker
        applies = self._holds(dist, marker)
        if target is None:
            self._missing(key, requirement.name, applies)
        self._relation(
            "requires",
            dist,
            f"dist:{key}",
            specifier=str(requirement.specifier) or None,
            marker=str(marker) if marker else None,
            extras=sorted(requirement.extras) or None,
            url=requirement.url,
            applies=applies,
            optional_for=None if applies else self._optional_for(dist, marker) or None,
            satisfied=_satisfies(target, requirement) if target else False,
        )

    def _missing(self, key: str, name: str, needed: bool) -> None:
        known = self.entities.get(f"dist:{key}")
        if known is None or (needed and not known.properties["needed"]):
            self._entity(f"dist:{key}", "missing requirement", name, None, needed=needed)

    def _optional_for(self, dist: Installed, marker: Marker | None) -> list[str]:
        if "extra" not in str(marker):
            return []
        return [extra for extra in dist.extras if self._holds(dist, marker, extra)]

    def _holds(self, dist: Installed, marker: Marker | None, extra: str = "") -> bool:
        try:
            return marker is None or marker.evaluate({"extra": extra})
        except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion) as error:
            self.problems.append(ImportProblem(dist.name, f"marker {str(marker)!r}: {error}"))
            return False

    def _named(self, prefix: str, type: str, name: str, **properties: Any) -> str | None:
        id = f"{prefix}:{name.casefold()}"
        if len(id) > MAX_NAME:
            what = f"left out this {type}: its name has {len(name)} characters"
            self.problems.append(ImportProblem(name[:40], what))
            return None
        if id not in self.entities:
            self._entity(id, type, name, None, **properties)
        return id

    def _entity(
        self, id: str, type: str, name: str, description: str | None, **properties: Any
    ) -> None:
        self.entities[id] = UpdateEntity(
            id, type, name, description or UNSET, properties=_said(properties)
        )

    def _relation(self, type: str, dist: Installed, target: str, **properties: Any) -> None:
        source = f"dist:{dist.key}"
        id = self._ids.next(type, source, target)
        fields = UpdateRelation(id, type, properties=_said(properties))
        self.relations[id] = RelationDraft(source, target, fields)


def _said(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}


def _satisfies(installed: Installed, requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(installed.version, prereleases=True)
    except InvalidVersion:
        return False
