"""Properties that are kept encrypted, on every store."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.universes import Universe

import nerv_lab as nl
from nerv_lab.core.errors import (
    KeyMissingError,
    SchemaMismatchError,
    SealBrokenError,
    ValidationError,
)
from nerv_lab.core.graph.changes import CreateEntity, UpdateEntity
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption, FieldKeys
from nerv_lab.lab import Lab
from nerv_lab.lab.security.encrypting import Vault, encrypted_of
from nerv_lab.lab.security.encryption_record import ENCRYPTION_ID

SECRET = "078-05-1120"
POLICY = FieldEncryption({"person": ["ssn", "born"], "knows": ["how"]})
KEY = nl.generate_field_key()


def vault(*keys: str, policy: FieldEncryption = POLICY) -> Vault:
    return Vault(policy, FieldKeys(keys, policy.purpose) if keys else None)


@pytest.fixture
def lab(universe: Universe) -> Iterator[Lab]:
    """Return a Lab that keeps properties of persons encrypted."""
    with Lab(universe.client(), vault=vault(KEY)) as opened:
        yield opened


@pytest.fixture
def stranger(universe: Universe, lab: Lab) -> Iterator[Lab]:
    """Return a Lab on the same graph without the key."""
    with Lab(universe.client()) as opened:
        yield opened


def _ada(lab: Lab) -> nl.Entity:
    return lab.add_entity("person", id="ada", properties={"ssn": SECRET, "town": "London"})


def _ssn(lab: Any) -> Any:
    return lab.entity("ada").properties["ssn"]


@pytest.mark.every_backend
def test_what_is_written_is_the_envelope_and_who_has_the_key_opens_it(
    lab: Lab, stranger: Lab
) -> None:
    ada = _ada(lab)
    assert type(ada.properties["ssn"]) is Encrypted
    assert ada.properties["town"] == "London"
    assert repr(ada.properties["ssn"]).startswith("<encrypted with key ")
    assert lab.reveal(ada) == {"ssn": SECRET}
    assert lab.reveal("ada", "ssn") == SECRET
    assert lab.reveal("ada", "town") == "London"
    stranger.refresh()
    assert _ssn(stranger) == ada.properties["ssn"]
    assert type(_ssn(stranger)) is Encrypted
    with pytest.raises(KeyMissingError, match="field_key"):
        stranger.reveal("ada")
    with pytest.raises(nl.ValidationError, match="no property"):
        lab.reveal("ada", "shoe size")


@pytest.mark.every_backend
def test_nothing_plain_is_in_log_versions_deltas_and_exports(lab: Lab, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    _ada(lab)
    lab.commit("first")
    lab.update("ada", properties={"ssn": SECRET + "X", "born": 5_551_815_999})
    bob = lab.add_entity("person", id="bob")
    lab.relate("ada", "knows", bob, properties={"how": "in secret", "where": "London"})
    lab.update("ada", name="London")
    version = lab.commit("second")
    run, client = lab._run, lab.client
    shown = [
        repr(run(client.events())),
        repr(run(client.snapshot())),
        *(repr(run(client.delta(v.id))) for v in lab.versions),
        *(repr(v.record()) for v in lab.versions),
        *(item._repr_html_() for item in lab.entities.values()),
        repr(lab.diff("v1", version)),
        lab.diff("v1", version)._repr_html_(),
        json.dumps(lab.to_json_document(), default=str),
        lab.to_pandas().entities.to_string(),
        str(lab.to_networkx().nodes(data=True)),
        repr(lab.history("ada")),
        repr(lab.blame("ada")),
        repr(lab.entities.where(type="person")),
        repr(lab.entities.df),
    ]
    lab.export(out / "a.bundle")
    lab.to_csv(out / "csv")
    lab.to_parquet(out / "parquet")
    lab.to_json_lines(out / "lines.jsonl")
    lab.to_graphml(out / "a.graphml")
    lab.to_gexf(out / "a.gexf")
    lab.to_rdf(out / "a.ttl")
    lab.to_pyvis(str(out / "pyvis.html"))
    lab.to_html(out / "a.html")
    lab.to_svg(out / "a.svg")
    files = {path.name: _readable(path) for path in out.rglob("*.*")}
    for text in ("\n".join(shown), *files.values()):
        for secret in (SECRET, "in secret", "5551815999"):
            assert secret not in text
    # What is plain is there, so that the search means something.
    assert "London" in shown[0]
    assert [name for name, text in files.items() if "London" not in text] == []
    assert lab.verify().ok


def _readable(path: Path) -> str:
    """Return all that a file says, compressed or not."""
    if not path.is_file():
        return ""
    raw = path.read_bytes()
    if not zipfile.is_zipfile(path):
        packed = re.findall(rb"H4sI[A-Za-z0-9+/]+=*", raw)  # what a page holds is compressed
        raw += b"".join(gzip.decompress(base64.b64decode(part)) for part in packed)
        return raw.decode(errors="replace")
    with zipfile.ZipFile(path) as packed:
        return "".join(packed.read(n).decode(errors="replace") for n in packed.namelist())


@pytest.mark.every_backend
def test_the_same_value_again_changes_nothing(lab: Lab) -> None:
    before = _ada(lab).properties["ssn"]
    lab.commit("first")
    lab.update("ada", properties={"ssn": SECRET})
    assert _ssn(lab) == before
    assert not lab.diff()
    with lab.transaction():
        lab.update("ada", properties={"ssn": "other"})
        lab.update("ada", properties={"ssn": SECRET})
    assert lab.reveal("ada", "ssn") == SECRET
    lab.update("ada", properties={"ssn": "other"})
    assert [change.kind for change in lab.diff()] == ["changed"]
    assert lab.reveal("ada", "ssn") == "other"
    assert lab.reveal(lab.at("v1").entity("ada"), "ssn") == SECRET


def test_an_import_again_changes_nothing(lab: Lab) -> None:
    nodes = _frame()
    lab.import_pandas(nodes)
    lab.commit("imported")
    lab.import_pandas(nodes)
    assert not lab.diff()
    assert lab.reveal("ada") == {"ssn": SECRET}


def _frame() -> Any:
    import pandas as pd

    return pd.DataFrame({"id": ["ada"], "type": ["person"], "ssn": [SECRET]})


@pytest.mark.every_backend
def test_an_envelope_in_another_place_is_refused_and_found(lab: Lab, stranger: Lab) -> None:
    envelope = _ada(lab).properties["ssn"]
    with pytest.raises(nl.ValidationError, match=r"properties\.ssn"):
        lab.add_entity("person", properties={"ssn": envelope})
    with pytest.raises(nl.ValidationError, match=r"properties\.born"):
        lab.update("ada", properties={"born": envelope})
    stranger.refresh()
    stranger.add_entity("person", id="bob", properties={"ssn": envelope})
    lab.refresh()
    with pytest.raises(SealBrokenError, match="e:bob"):
        lab.reveal("bob")
    (problem,) = lab.verify().problems
    assert "e:bob" in problem.where
    assert "ssn" in problem.what
    assert "encrypted" in repr(lab.entity("bob").properties)
    assert stranger.verify().ok


def test_who_has_no_key_changes_the_rest_alone(lab: Lab, stranger: Lab) -> None:
    _ada(lab)
    stranger.refresh()
    with pytest.raises(KeyMissingError, match="'ssn'"):
        stranger.update("ada", properties={"ssn": "plain"})
    stranger.update("ada", name="Ada", properties={"town": "Paris"})
    stranger.update("ada", properties={"ssn": nl.REMOVE})
    assert "ssn" not in stranger.entity("ada").properties


def test_a_lab_that_is_to_encrypt_needs_a_key() -> None:
    with pytest.raises(KeyMissingError, match="generate_field_key"):
        nl.open(encrypt={"person": ["ssn"]})
    with nl.open(encrypt={"person": ["ssn"]}, field_key=nl.generate_field_key()) as lab:
        assert type(_ada(lab).properties["ssn"]) is Encrypted


def test_search_and_conditions_see_plain_text_where_the_key_is(lab: Lab, stranger: Lab) -> None:
    _ada(lab)
    lab.add_entity("person", id="bob", properties={"ssn": "123", "born": 1900})
    lab.commit("both")
    stranger.refresh()
    for graph in (lab, lab.at("v1"), lab.subgraph(["ada", "bob"])):
        assert [hit.item.id for hit in graph.search("1120")] == ["ada"]
        assert graph.match(ssn=SECRET).ids == ("ada",)
        assert graph.match("person", born__lt=1901).ids == ("bob",)
        assert graph.entities.where(ssn__startswith="12").ids == ("bob",)
        assert graph.match(ssn=lambda ssn: ssn.endswith("20")).ids == ("ada",)
    for closed in (stranger, stranger.at("v1")):
        assert not closed.search("1120")
        assert not closed.search(str(_ssn(closed))[-20:-2])
        assert not closed.match(ssn=SECRET)
        assert not closed.match(born__lt=1901)
        assert not closed.match(ssn__contains=":")
        assert not closed.match(ssn=lambda ssn: True)
        assert closed.match(ssn__exists=True).ids == ("ada", "bob")
        assert closed.match(ssn=...).ids == ("ada", "bob")
        assert closed.match("person", ssn=None).ids == ()
        assert closed.match("person", ssn__ne="x").ids == ("ada", "bob")


def test_a_search_does_not_show_what_it_found(lab: Lab) -> None:
    _ada(lab)
    found = lab.search("1120")
    assert SECRET not in repr(found) + found._repr_html_() + found.df.to_string()
    with pytest.raises(nl.ValidationError) as failed:
        list(lab.match(ssn=lambda ssn: ssn + 1))
    assert SECRET not in str(failed.value)


def test_the_graph_is_revealed_as_a_whole_when_asked(lab: Lab, stranger: Lab) -> None:
    _ada(lab)
    plain = lab.revealed()
    assert plain.entity("ada").properties["ssn"] == SECRET
    assert SECRET in plain.to_pandas().entities.to_string()
    assert type(_ssn(lab)) is Encrypted
    stranger.refresh()
    assert type(_ssn(stranger.revealed())) is Encrypted


def test_keys_are_changed_without_losing_what_was(universe: Universe) -> None:
    old, new = nl.generate_field_key(), nl.generate_field_key()
    with Lab(universe.client(), vault=vault(old)) as lab:
        _ada(lab)
        lab.commit("under the old key")
    with Lab(universe.client(), vault=vault(new, old)) as lab:
        lab.update("ada", properties={"ssn": SECRET})
        assert not lab.diff()
        lab.add_entity("person", id="bob", properties={"ssn": "123"})
        assert lab.reencrypt() == 1
        assert lab.reencrypt() == 0
        assert lab.reveal("ada", "ssn") == SECRET
        lab.commit("under the new key")
    with Lab(universe.client(), vault=vault(new)) as lab:
        assert lab.reveal("ada", "ssn") == SECRET
        with pytest.raises(KeyMissingError):
            lab.reveal(lab.at("v1").entity("ada"))
        assert lab.verify().ok


def test_what_was_plain_is_encrypted_when_asked(universe: Universe) -> None:
    with Lab(universe.client()) as lab:
        _ada(lab)
    with Lab(universe.client(), vault=vault(KEY)) as lab:
        assert _ssn(lab) == SECRET
        assert lab.reencrypt() == 1
        assert type(_ssn(lab)) is Encrypted
        assert lab.reveal("ada", "ssn") == SECRET
    with Lab(universe.client()) as lab, pytest.raises(KeyMissingError):
        lab.reencrypt()


def test_an_item_that_becomes_of_another_type_is_encrypted_then(lab: Lab) -> None:
    lab.add_entity("robot", id="r", properties={"ssn": SECRET})
    assert lab.entity("r").properties["ssn"] == SECRET
    lab.update("r", type="person")
    assert type(lab.entity("r").properties["ssn"]) is Encrypted
    lab.update("r", type="robot", properties={"ssn": "456"})
    assert lab.reveal("r", "ssn") == "456"


def test_a_batch_that_makes_and_changes_an_item_is_encrypted(lab: Lab) -> None:
    made = CreateEntity("ada", "person", EntityMetadata(properties={"ssn": SECRET}))
    lab.apply([made, UpdateEntity("ada", properties={"born": 1815})])
    assert lab.reveal("ada") == {"ssn": SECRET, "born": 1815}
    lab.apply([UpdateEntity("ada", properties={"born": 1816})], commit="with its version")
    assert lab.reveal("ada", "born") == 1816


def test_undo_branches_and_rollback_keep_the_envelopes(lab: Lab) -> None:
    first = _ada(lab).properties["ssn"]
    lab.commit("first")
    lab.update("ada", properties={"ssn": "other"})
    lab.undo()
    assert _ssn(lab) == first
    lab.redo()
    lab.commit("second")
    lab.rollback("v1")
    assert _ssn(lab) == first
    with lab.branch("aside"):
        lab.update("ada", properties={"ssn": "aside"})
        lab.commit("aside")
    lab.merge("aside")
    assert lab.reveal("ada", "ssn") == "aside"
    assert lab.verify().ok


def test_a_schema_is_held_to_what_is_encrypted(lab: Lab, stranger: Lab) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        ssn: str
        born: int | None = None

    lab.schemas.define("person", Person)
    _ada(lab)
    lab.update("ada", name="Ada")
    with pytest.raises(SchemaMismatchError) as refused:
        lab.update("ada", properties={"born": "no number"})
    assert "no number" not in str(refused.value)
    lab.update("ada", properties={"born": 1815})
    stranger.refresh()
    stranger.update("ada", name="Ada again")
    assert stranger.entity("ada").name == "Ada again"


def test_envelopes_come_back_from_files_as_what_they_are(lab: Lab, tmp_path: Path) -> None:
    envelope = _ada(lab).properties["ssn"]
    lab.to_csv(tmp_path / "csv")
    lab.to_json_lines(tmp_path / "lines.jsonl")
    lab.to_graphml(tmp_path / "a.graphml")
    lab.to_gexf(tmp_path / "a.gexf")
    lab.to_parquet(tmp_path / "parquet")
    lab.to_rdf(tmp_path / "a.ttl")
    for bring in (
        lambda new: new.import_csv(folder=tmp_path / "csv"),
        lambda new: new.import_json_lines(tmp_path / "lines.jsonl"),
        lambda new: new.import_graphml(tmp_path / "a.graphml"),
        lambda new: new.import_gexf(tmp_path / "a.gexf"),
        lambda new: new.import_parquet(folder=tmp_path / "parquet"),
        lambda new: new.import_rdf(tmp_path / "a.ttl"),
    ):
        with nl.open(field_key=KEY) as new:
            bring(new)
            ada = new.entity("ada")
            assert new.entities.keys() == {"ada", ENCRYPTION_ID}
            assert ada.properties["ssn"] == envelope
            assert type(ada.properties["ssn"]) is Encrypted


def test_a_migration_leaves_what_is_encrypted_so_and_encrypts_what_it_adds(lab: Lab) -> None:
    from pydantic import BaseModel

    class Person(BaseModel):
        town: str

    class NewPerson(BaseModel):
        town: str
        ssn: str
        born: int = 1815

    def add_number(properties: dict[str, Any]) -> None:
        properties["ssn"] = f"of {properties['town']}"

    lab.schemas.define("person", Person)
    lab.add_entity("person", id="ada", properties={"town": "London"})
    lab.schemas.define("person", NewPerson, version=2, migrate={1: add_number})
    lab.schemas.migrate("person")
    assert {"ssn", "born"} == {n for n, _ in encrypted_of(lab.entity("ada"))}
    assert lab.models("person") == {"ada": NewPerson(town="London", ssn="of London", born=1815)}
    assert lab.schemas.check().ok
    assert lab.verify().ok

    class Moved(BaseModel):
        town: str
        number: str

    def move(properties: dict[str, Any]) -> None:
        properties["number"] = properties.pop("ssn")

    envelope = _ssn(lab)
    lab.schemas.define("person", Moved, version=3, migrate={2: move})
    with pytest.raises(ValidationError, match="was encrypted for another item, property or store"):
        lab.schemas.migrate("person")
    assert _ssn(lab) == envelope


def test_a_value_that_decides_a_conflict_is_encrypted(lab: Lab) -> None:
    _ada(lab)
    lab.commit("first")
    with lab.branch("aside"):
        lab.update("ada", properties={"ssn": "aside"})
        lab.commit("aside")
    lab.update("ada", properties={"ssn": "here"})
    lab.commit("here")
    merged = lab.merge("aside")
    merged.resolve(nl.Take(SECRET)).commit("both")
    assert type(_ssn(lab)) is Encrypted
    assert lab.reveal("ada", "ssn") == SECRET
    assert lab.verify().ok


def test_a_rollback_restores_a_state_to_the_letter(universe: Universe) -> None:
    with Lab(universe.client()) as lab:
        _ada(lab)
        first = lab.commit("in plain text")
    with Lab(universe.client(), vault=vault(KEY)) as lab:
        lab.reencrypt()
        lab.commit("encrypted")
        assert lab.rollback("v1").data_hash == first.data_hash
        lab.reencrypt()
        lab.commit("encrypted again")
        with lab.transaction("with a version", commit="changed"):
            lab.update("ada", properties={"ssn": "other"})
        assert lab.reveal("ada", "ssn") == "other"
        lab.rollback("v1", only=["ada"])
        assert type(_ssn(lab)) is Encrypted
        assert lab.reveal("ada", "ssn") == SECRET


# What the graph remembers


@pytest.fixture
def later(universe: Universe, lab: Lab) -> Iterator[Lab]:
    """Return a Lab on the same graph with the key, that was not told what to encrypt."""
    _ada(lab)
    with Lab(universe.client(), vault=vault(KEY, policy=FieldEncryption())) as opened:
        yield opened


def test_who_has_the_key_encrypts_without_being_told_again(later: Lab) -> None:
    bob = later.add_entity("person", id="bob", properties={"ssn": SECRET, "town": "Paris"})
    assert type(bob.properties["ssn"]) is Encrypted
    assert later.reveal("bob", "ssn") == SECRET
    assert bob.properties["town"] == "Paris"
    later.update("bob", properties={"born": 1815})
    assert later.reveal("bob", "born") == 1815


def test_who_has_no_key_cannot_write_what_is_kept_encrypted(lab: Lab, stranger: Lab) -> None:
    _ada(lab)
    lab.add_entity("person", id="bob")
    stranger.refresh()
    before = stranger.state.data_hash
    for write in (
        lambda: stranger.add_entity("person", properties={"ssn": SECRET}),
        lambda: stranger.update("bob", properties={"born": 1815}),
        lambda: stranger.apply([UpdateEntity("bob", properties={"ssn": "x"})], commit="so"),
    ):
        with pytest.raises(KeyMissingError, match="is kept encrypted, and there is no key"):
            write()
    assert stranger.state.data_hash == before
    stranger.add_entity("person", id="eve", properties={"town": "Rome"})
    stranger.add_entity("place", id="rome", properties={"ssn": "none"})


def test_what_was_recorded_is_one_entity_that_is_written_with_the_first_value(lab: Lab) -> None:
    lab.add_entity("person", id="bob", properties={"town": "London"})
    assert list(lab.entities) == ["bob"]
    first = lab.commit("before")
    _ada(lab)
    record = lab.entity(ENCRYPTION_ID)
    lab.update("ada", properties={"born": 1815})
    assert lab.entity(ENCRYPTION_ID) == record
    assert record.properties == {"type:person": ["born", "ssn"], "type:knows": ["how"]}
    assert ENCRYPTION_ID not in lab.at(first).entities
    assert lab.verify().ok


def test_another_notebook_adds_to_what_is_recorded(universe: Universe, lab: Lab) -> None:
    _ada(lab)
    more = FieldEncryption({"person": ["phone"]})
    with Lab(universe.client(), vault=vault(KEY, policy=more)) as other:
        other.update("ada", properties={"phone": "1", "ssn": "2"})
        assert {n for n, _ in encrypted_of(other.entity("ada"))} == {"phone", "ssn"}
        names = other.entity(ENCRYPTION_ID).properties["type:person"]
        assert list(names) == ["born", "phone", "ssn"]


def test_it_goes_with_a_branch_and_a_bundle(lab: Lab, tmp_path: Path) -> None:
    _ada(lab)
    lab.commit("one")
    with lab.branch("aside"):
        lab.add_entity("person", id="bob", properties={"ssn": SECRET})
        lab.commit("two")
    lab.export(tmp_path / "bundle")
    nl.import_bundle(tmp_path / "bundle", tmp_path / "copy.nerv")
    with nl.open(tmp_path / "copy.nerv") as copy:
        for branch in ("main", "aside"):
            copy.switch(branch)
            with pytest.raises(KeyMissingError):
                copy.add_entity("person", properties={"ssn": SECRET})
    with nl.open(tmp_path / "copy.nerv", field_key=KEY) as copy:
        assert copy.reveal("ada", "ssn") == SECRET
        assert type(copy.update("ada", properties={"ssn": "new"}).properties["ssn"]) is Encrypted


def test_the_purpose_is_remembered_and_no_other_is_written_for(universe: Universe) -> None:
    payroll = FieldEncryption({"person": ["ssn"]}, purpose="payroll")
    with Lab(universe.client(), vault=vault(KEY, policy=payroll)) as lab:
        _ada(lab)
        with Lab(universe.client(), vault=vault(KEY, policy=FieldEncryption())) as later:
            later.add_entity("person", id="bob", properties={"ssn": SECRET})
            assert later.reveal("ada", "ssn") == SECRET
        lab.refresh()
        assert lab.reveal("bob", "ssn") == SECRET
        with (
            Lab(universe.client(), vault=vault(KEY)) as other,
            pytest.raises(ValidationError, match="encrypted for 'payroll'"),
        ):
            other.add_entity("person", properties={"ssn": SECRET})


def test_a_damaged_record_stops_writing_until_it_is_mended(lab: Lab) -> None:
    _ada(lab)
    lab.update(ENCRYPTION_ID, properties={"type:person": 3})
    with pytest.raises(ValidationError, match="mend or delete the entity 'nerv:encryption'"):
        lab.update("ada", properties={"town": "Rome"})
    lab.update(ENCRYPTION_ID, properties={"type:person": ["ssn"]})
    lab.update("ada", properties={"town": "Rome"})
    lab.delete(ENCRYPTION_ID)
    lab.update("ada", properties={"ssn": "again"})
    assert list(lab.entity(ENCRYPTION_ID).properties["type:person"]) == ["born", "ssn"]
