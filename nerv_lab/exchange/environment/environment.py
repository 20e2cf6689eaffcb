"""The installed Python distributions as a knowledge graph that can be kept up to date.

==========================  ======================  ==============================================
entity                      id                      properties
==========================  ======================  ==============================================
``distribution``            ``dist:numpy``          version, requires_python, home_page,
                                                    licence_expression
``missing requirement``     ``dist:tox``            needed (whether a requirement that applies
                                                    here asks for it)
``author``                  ``author:jane doe``     email
``licence``                 ``licence:mit``
``entry point group``       ``entry_points:pytest11``
==========================  ======================  ==============================================

Relations: ``requires`` (specifier, marker, extras, url, applies, optional_for, satisfied),
``written_by``, ``licensed_under`` and ``provides`` (entry_points: name to object). All of them
carry the tag ``environment``; by tag and id a later synchronisation knows its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from nerv_lab.core.graph.changes import REMOVE, Change, UpdateEntity, UpdateRelation
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.difference import Difference
from nerv_lab.exchange.environment.distributions import Installed, Paths, read_installed
from nerv_lab.exchange.environment.graph import EnvironmentGraph
from nerv_lab.exchange.ports import ChangeTarget, send
from nerv_lab.inner_universe.contract.progress import Progress, told
from nerv_lab.lab.import_reports import ImportProblem, ImportReport

if TYPE_CHECKING:
    from nerv_lab.lab import Lab

__all__ = ["TAG", "from_environment", "plan_environment", "sync_environment"]

TAG = "environment"
_Draft = TypeVar("_Draft", UpdateEntity, UpdateRelation)
_ENTITY_PREFIXES = ("dist:", "author:", "licence:", "entry_points:")
_RELATION_PREFIXES = ("requires:", "written_by:", "licensed_under:", "provides:")
_PROPERTIES = {
    "dist": ("version", "requires_python", "home_page", "licence_expression", "needed"),
    "author": ("email",),
    "requires": (
        "specifier",
        "marker",
        "extras",
        "url",
        "applies",
        "optional_for",
        "satisfied",
    ),
    "provides": ("entry_points",),
}


def from_environment(
    uri: str = ":memory:", *, path: Paths | None = None, progress: Progress = None
) -> Lab:
    """Open a lab and bring the installed distributions into it.

    Parameters
    ----------
    uri : str
        The store to open, as for ``nerv_lab.open``.
    path : path or sequence of paths, optional
        Folders to look in; by default those of this interpreter.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in distributions.

    Raises
    ------
    ValidationError
        When a path is no folder.
    """
    from nerv_lab.lab import open as open_lab

    with told(progress) as meter:
        found = read_installed(path, meter)  # first, so that a wrong path leaves no store behind
        lab = open_lab(uri)
        try:
            _synchronise(lab, found)
        except BaseException:
            lab.close()
            raise
    return lab


def sync_environment(
    lab: ChangeTarget, *, path: Paths | None = None, progress: Progress = None
) -> ImportReport:
    """Bring the graph of the installed distributions up to date, as one batch.

    What is as it was is not touched, so that a second synchronisation changes nothing. Items that
    it did not make are left alone, and so are tags, descriptions of relations and properties that
    were added to its own. A distribution that is gone stays as an ``uninstalled distribution``
    while relations of yours use it. Markers are evaluated for this interpreter.

    Parameters
    ----------
    lab : Lab
        Where to.
    path : path or sequence of paths, optional
        Folders to look in; by default those of this interpreter.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in distributions.

    Returns
    -------
    ImportReport
        What changed, and which metadata could not be read.

    Raises
    ------
    ValidationError
        When a path is no folder.
    """
    with told(progress) as meter:
        return _synchronise(lab, read_installed(path, meter))


def _synchronise(
    lab: ChangeTarget, found: tuple[dict[str, Installed], list[ImportProblem]]
) -> ImportReport:
    return send(lab, plan_environment(lab.state, *found), "synchronise the environment")


def plan_environment(
    state: GraphState, installed: Mapping[str, Installed], problems: Iterable[ImportProblem] = ()
) -> tuple[list[Change], ImportReport]:
    """Work out what the installed distributions change, without changing it.

    Parameters
    ----------
    state : GraphState
        The graph as it is.
    installed : mapping of str to Installed
        By normalised name.
    problems : iterable of ImportProblem
        What is known to be broken already; goes into the report.
    """
    wanted = EnvironmentGraph(installed, list(problems))
    plan = _Plan(state, wanted)
    plan.put()
    plan.remove()
    report = plan.difference.report("the installed distributions", wanted.problems)
    return plan.difference.changes, report


class _Plan:
    """What has to happen to the items that an earlier synchronisation made, or would have made."""

    def __init__(self, state: GraphState, wanted: EnvironmentGraph) -> None:
        self._state = state
        self._wanted = wanted
        self.difference = Difference(state)

    def put(self) -> None:
        for id, draft in self._wanted.entities.items():
            if self._may_write(known := self._state.entity(id)):
                self.difference.put_entity(_complete(draft, known))
        for id, relation in self._wanted.relations.items():
            if self._may_write(self._state.relation(id)):
                fields = _complete(relation.fields, self._state.relation(id))
                self.difference.put_relation(replace(relation, fields=fields))

    def _may_write(self, known: Item | None) -> bool:
        if known is None or _made_here(known):
            return True
        self._note(known, "left alone: it was not made by a synchronisation")
        return False

    def remove(self) -> None:
        relations, entities = self._wanted.relations, self._wanted.entities
        gone = [
            r for r in self._state.relations.values() if _made_here(r) and r.id not in relations
        ]
        for relation in sorted(gone, key=lambda r: r.id):
            self.difference.remove(relation)
        removed = {relation.id for relation in gone}
        ours = [e for e in self._state.entities.values() if _made_here(e) and e.id not in entities]
        for entity in sorted(ours, key=lambda e: e.id):
            if all(r.id in removed for r in self._state.relations_of(entity.id)):
                self.difference.remove(entity)
            else:
                self._keep(entity)

    def _keep(self, entity: Entity) -> None:
        self._note(entity, "kept: relations of yours use it")
        if entity.id.startswith("dist:"):
            draft = UpdateEntity(entity.id, type="uninstalled distribution")
            self.difference.put_entity(_complete(draft, entity))

    def _note(self, item: Item, what: str) -> None:
        self._wanted.problems.append(ImportProblem(item.id, what))


def _made_here(item: Item) -> bool:
    prefixes = _ENTITY_PREFIXES if isinstance(item, Entity) else _RELATION_PREFIXES
    return TAG in item.tags and item.id.startswith(prefixes)


def _complete(draft: _Draft, known: Item | None) -> _Draft:
    """Tag what is new, and take away the properties of ours that no longer hold."""
    if known is None:
        return replace(draft, tags=(TAG,))
    ours = _PROPERTIES.get(draft.id.partition(":")[0], ())
    stale = {n: REMOVE for n in ours if n in known.properties and n not in draft.properties}
    return replace(draft, properties={**draft.properties, **stale})
