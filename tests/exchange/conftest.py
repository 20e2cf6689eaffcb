from __future__ import annotations

import pytest
from exchange.paper import PaperLab

from nerv_lab.core.graph.changes import CreateEntity, CreateRelation
from nerv_lab.core.graph.model import EntityMetadata, RelationMetadata


@pytest.fixture
def paper() -> PaperLab:
    """Return a lab without anything in it."""
    return PaperLab()


@pytest.fixture
def library(paper: PaperLab) -> PaperLab:
    """Return a lab with a person, a text and who wrote it."""
    paper.apply(
        [
            CreateEntity("ada", "person", EntityMetadata("Ada", properties={"born": 1815})),
            CreateEntity("note", "text", EntityMetadata("Note G", tags=("draft",))),
            CreateRelation("w", "ada", "note", "wrote", RelationMetadata(strength=2.0)),
        ]
    )
    paper.reasons.clear()
    return paper
