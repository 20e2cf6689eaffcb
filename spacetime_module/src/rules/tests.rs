use super::*;
use crate::fixtures::{entity, graph, plain, property, relation};
use crate::types::{DeleteRelation, EntityMeta, Patch};

const NOW: i64 = 1_000;

fn patch(name: &str, value: Option<&str>) -> Patch {
    Patch { name: name.into(), value: value.map(Into::into) }
}

fn create(id: &str) -> Change {
    let (entity_type, metadata) = ("thing".into(), EntityMeta::default());
    Change::CreateEntity(CreateEntity { id: id.into(), entity_type, metadata })
}

fn relate(id: &str, from: &str, to: &str) -> Change {
    Change::CreateRelation(CreateRelation {
        id: id.into(),
        from_entity: from.into(),
        to_entity: to.into(),
        relation_type: "knows".into(),
        metadata: plain(),
    })
}

fn rename(id: &str, name: &str) -> Change {
    let name = Some(Some(name.into()));
    Change::UpdateEntity(UpdateEntity { id: id.into(), name, ..Default::default() })
}

fn set_properties(id: &str, properties: Vec<Patch>) -> Change {
    Change::UpdateEntity(UpdateEntity { id: id.into(), properties, ..Default::default() })
}

fn delete(id: &str, cascade: bool) -> Change {
    Change::DeleteEntity(DeleteEntity { id: id.into(), cascade })
}

fn restore(entity: &Entity) -> Change {
    Change::RestoreEntity(RestoreEntity {
        id: entity.id.clone(),
        entity_type: entity.entity_type.clone(),
        metadata: entity.metadata.clone(),
        created_at: entity.created_at,
        revision: entity.revision,
    })
}

fn restore_relation(relation: &Relation) -> Change {
    Change::RestoreRelation(RestoreRelation {
        id: relation.id.clone(),
        from_entity: relation.from_entity.clone(),
        to_entity: relation.to_entity.clone(),
        relation_type: relation.relation_type.clone(),
        metadata: relation.metadata.clone(),
        created_at: relation.created_at,
        revision: relation.revision,
    })
}

fn planned(changes: impl IntoIterator<Item = Change>) -> Vec<ItemChange> {
    plan(&graph(), changes.into_iter().collect(), NOW).expect("the plan is allowed")
}

fn refusal(changes: impl IntoIterator<Item = Change>) -> Error {
    plan(&graph(), changes.into_iter().collect(), NOW).expect_err("the plan is refused")
}

fn refused_field(change: Change) -> (String, String) {
    match refusal([change]) {
        Error::Validation { field, reason } | Error::ValueRefused { field, reason } => {
            (field, reason)
        }
        other => panic!("{other}"),
    }
}

fn new_entity(change: &ItemChange) -> &Entity {
    match change {
        ItemChange::Entity(Step { new: Some(entity), .. }) => entity,
        other => panic!("{other:?}"),
    }
}

fn new_relation(change: &ItemChange) -> &Relation {
    match change {
        ItemChange::Relation(Step { new: Some(relation), .. }) => relation,
        other => panic!("{other:?}"),
    }
}

fn events(changes: &[ItemChange]) -> Vec<&'static str> {
    changes.iter().map(ItemChange::event_type).collect()
}

#[test]
fn a_new_entity_starts_at_revision_1_now() {
    let changes = planned([create("new")]);
    let new = new_entity(&changes[0]);
    assert_eq!((new.created_at, new.updated_at, new.revision), (NOW, NOW, 1));
    assert_eq!(events(&changes), ["ENTITY_CREATED"]);
}

#[test]
fn a_taken_id_is_refused() {
    assert_eq!(refusal([create("ada")]), Error::duplicate("entity", "ada"));
    assert_eq!(refusal([create("new"), create("new")]), Error::duplicate("entity", "new"));
    let relation = relate("wrote", "ada", "note");
    assert_eq!(refusal([relation]), Error::duplicate("relation", "wrote"));
}

#[test]
fn an_update_sets_what_is_given_and_leaves_the_rest() {
    let changes = planned([set_properties(
        "ada",
        vec![patch("died", Some("1852")), patch("born", None), patch("missing", None)],
    )]);
    let new = new_entity(&changes[0]);
    assert_eq!(new.metadata.properties, [property("died", "1852"), property("x", "1")]);
    assert_eq!(new.metadata.name.as_deref(), Some("ADA"));
    assert_eq!((new.created_at, new.updated_at, new.revision), (10, NOW, 4));
}

#[test]
fn a_name_can_be_taken_away() {
    let (id, name) = ("ada".into(), Some(None));
    let update = UpdateEntity { id, name, ..Default::default() };
    let changes = planned([Change::UpdateEntity(update)]);
    assert_eq!(new_entity(&changes[0]).metadata.name, None);
}

#[test]
fn an_update_that_alters_nothing_gives_no_change() {
    assert_eq!(planned([rename("ada", "ADA")]), []);
    assert_eq!(planned([set_properties("ada", vec![patch("x", Some("1"))])]), []);
    assert_eq!(planned([set_properties("ada", vec![])]), []);
}

#[test]
fn an_int_and_a_float_are_two_values_and_so_are_the_zeros() {
    assert_eq!(planned([set_properties("ada", vec![patch("x", Some("1.0"))])]).len(), 1);
    let strength = |value| {
        let (id, strength) = ("wrote".into(), Some(value));
        Change::UpdateRelation(UpdateRelation { id, strength, ..Default::default() })
    };
    assert_eq!(planned([strength(0.0), strength(-0.0), strength(-0.0)]).len(), 2);
}

#[test]
fn a_change_sees_those_before_it() {
    let changes = planned([create("new"), relate("r", "new", "ada"), rename("new", "New")]);
    assert_eq!(events(&changes), ["ENTITY_CREATED", "RELATION_CREATED", "ENTITY_UPDATED"]);
    assert_eq!(new_entity(&changes[2]).revision, 2);
    assert_eq!(refusal([delete("ada", true), rename("ada", "x")]), Error::no_entity("ada"));
}

#[test]
fn what_is_unknown_is_refused() {
    assert_eq!(refusal([rename("nobody", "x")]), Error::no_entity("nobody"));
    assert_eq!(refusal([delete("nobody", true)]), Error::no_entity("nobody"));
    let id = String::from("nothing");
    let update = UpdateRelation { id: id.clone(), ..Default::default() };
    assert_eq!(refusal([Change::UpdateRelation(update)]), Error::no_relation("nothing"));
    let gone = Change::DeleteRelation(DeleteRelation { id });
    assert_eq!(refusal([gone]), Error::no_relation("nothing"));
}

#[test]
fn a_relation_needs_both_ends() {
    for (from, to, end) in [("nobody", "ada", "from_entity"), ("ada", "nobody", "to_entity")] {
        let expected = Error::DanglingRelation {
            relation_id: "r".into(),
            end: end.into(),
            entity_id: "nobody".into(),
        };
        assert_eq!(refusal([relate("r", from, to)]), expected);
        assert_eq!(refusal([restore_relation(&relation("r", from, to))]), expected);
    }
}

#[test]
fn an_entity_in_use_is_deleted_only_with_its_relations() {
    let in_use = |relations: &[&str]| Error::EntityInUse {
        entity_id: "ada".into(),
        relations: relations.iter().map(|id| (*id).into()).collect(),
    };
    assert_eq!(refusal([delete("ada", false)]), in_use(&["wrote"]));
    let both = [relate("a", "ada", "ada"), delete("ada", false)];
    assert_eq!(refusal(both), in_use(&["wrote", "a"]));
    let changes = planned([relate("self", "ada", "ada"), delete("ada", true)]);
    let deleted = ["RELATION_DELETED", "RELATION_DELETED", "ENTITY_DELETED"];
    assert_eq!(events(&changes[1..]), deleted);
    let gone = Change::DeleteRelation(DeleteRelation { id: "wrote".into() });
    assert_eq!(events(&planned([gone, delete("ada", false)])).len(), 2);
}

#[test]
fn a_restored_item_gets_the_next_revision() {
    let changes = planned([restore(&entity("gone"))]);
    let new = new_entity(&changes[0]);
    assert_eq!((new.created_at, new.updated_at, new.revision), (10, NOW, 4));
    assert_eq!(events(&changes), ["ENTITY_CREATED"]);

    let mut wanted = entity("ada");
    (wanted.created_at, wanted.revision) = (99, 99);
    assert_eq!(planned([restore(&wanted)]), []);
    wanted.entity_type = "person".into();
    let changes = planned([restore(&wanted)]);
    let new = new_entity(&changes[0]);
    assert_eq!((new.created_at, new.revision), (10, 4));
    assert_eq!(events(&changes), ["ENTITY_UPDATED"]);
}

#[test]
fn a_restored_relation_may_change_its_ends() {
    let changes = planned([restore_relation(&relation("wrote", "note", "ada"))]);
    let new = new_relation(&changes[0]);
    assert_eq!((new.from_entity.as_str(), new.revision), ("note", 4));
    assert_eq!(planned([restore_relation(&relation("wrote", "ada", "note"))]), []);
}

#[test]
fn names_are_checked() {
    let long = "é".repeat(512);
    assert_eq!(planned([create(&long)]).len(), 1);
    let said = |id: &str, reason: &str| {
        assert_eq!(refused_field(create(id)), ("id".into(), reason.into()));
    };
    said("", "must have 1 to 512 characters, has 0");
    said(&(long + "é"), "must have 1 to 512 characters, has 513");
    said("a\u{1f}b", "must not hold control characters");
    let (id, entity_type) = ("ada".into(), Some(String::new()));
    let update = UpdateEntity { id, entity_type, ..Default::default() };
    assert_eq!(refused_field(Change::UpdateEntity(update)).0, "type");
    let (id, tags) = ("ada".into(), Some(vec!["a".into(), "\n".into()]));
    let update = UpdateEntity { id, tags, ..Default::default() };
    assert_eq!(refused_field(Change::UpdateEntity(update)).0, "tags[1]");
}

#[test]
fn a_strength_is_finite() {
    let with = |strength| {
        let (id, strength) = ("wrote".into(), Some(strength));
        Change::UpdateRelation(UpdateRelation { id, strength, ..Default::default() })
    };
    let reason = |shown| format!("{shown} is not a finite number; use None instead");
    assert_eq!(refused_field(with(f64::NAN)), ("strength".into(), reason("nan")));
    assert_eq!(refused_field(with(f64::NEG_INFINITY)), ("strength".into(), reason("-inf")));
}

#[test]
fn properties_are_canonical_and_come_in_order() {
    let with = |properties| {
        let metadata = EntityMeta { properties, ..Default::default() };
        let (id, entity_type) = ("new".into(), "thing".into());
        Change::CreateEntity(CreateEntity { id, entity_type, metadata })
    };
    let changes = planned([with(vec![property("b", "1"), property("a", "2")])]);
    let sorted = [property("a", "2"), property("b", "1")];
    assert_eq!(new_entity(&changes[0]).metadata.properties, sorted);
    assert_eq!(refused_field(with(vec![property("a", "[NaN]")])).0, "properties.a[0]");
    let twice = vec![property("a", "1"), property("a", "2")];
    assert_eq!(refused_field(with(twice)).1, "a key is given twice");
    let update = set_properties("ada", vec![patch("x", Some("1 "))]);
    assert_eq!(refused_field(update).0, "properties.x");
}

#[test]
fn an_item_takes_at_most_a_mebibyte() {
    // {"description":null,"name":null,"properties":{"x":""},"tags":[],"type":"thing"}
    let around = 79;
    let filled = |bytes: usize| {
        let value = format!("\"{}\"", "y".repeat(bytes - around));
        let change = set_properties("new", vec![patch("x", Some(&value))]);
        [create("new"), change]
    };
    assert_eq!(planned(filled(validate::MAX_BYTES)).len(), 2);
    let reason = "e:new takes 1048577 bytes; at most 1048576 are allowed";
    let expected = Error::validation("metadata", reason);
    assert_eq!(refusal(filled(validate::MAX_BYTES + 1)), expected);
}
