//! The payloads of events, byte for byte as the embedded store writes them.

use crate::canonical::{float, list, object, optional, text};
use crate::rules::{Item, Step};
use crate::types::{Bridge, Entity, EntityMeta, Property, Relation, RelationMeta, Version};

/// The payload of a change's event; keys ascend, as in every canonical text.
pub fn change_data<T: Item>(step: &Step<T>, reason: Option<&str>) -> String {
    let record = |item: &Option<T>| item.as_ref().map_or("null".into(), Item::record);
    let mut fields = vec![("new", record(&step.new)), ("old", record(&step.old))];
    if let Some(reason) = reason {
        fields.push(("reason", text(reason)));
    }
    object(fields)
}

/// The payload of a commit's event.
pub fn version_data(version: &Version) -> String {
    object([
        ("algorithm", text(&version.algorithm)),
        ("author", optional(&version.author)),
        ("branch", text(&version.branch)),
        ("data_hash", text(&version.data_hash)),
        ("description", text(&version.description)),
        ("digest", text(&version.digest)),
        ("event_seq", version.event_seq.to_string()),
        ("parents", list(version.parents.iter().map(|p| text(p)))),
        ("timestamp", version.timestamp.to_string()),
        ("version_id", text(&version.version_id)),
    ])
}

/// The payload of the event that a branch came, moved or went.
pub fn branch_data(branch: &str, old: &Option<String>, new: &Option<String>) -> String {
    object([("branch", text(branch)), ("new", optional(new)), ("old", optional(old))])
}

/// The payload of the event that a step of pruning was made.
pub fn pruned_data(
    versions: &[String],
    bridges: &[Bridge],
    top: &Option<String>,
    floor: u64,
) -> String {
    let mut bases: Vec<(&str, String)> =
        bridges.iter().map(|b| (b.version_id.as_str(), text(&b.base))).collect();
    bases.sort();
    object([
        ("bridges", object(bases)),
        ("floor", floor.to_string()),
        ("top", optional(top)),
        ("versions", list(versions.iter().map(|id| text(id)))),
    ])
}

pub fn entity_record(entity: &Entity) -> String {
    object([
        ("created_at", entity.created_at.to_string()),
        ("id", text(&entity.id)),
        ("metadata", object(entity_fields(&entity.metadata))),
        ("revision", entity.revision.to_string()),
        ("type", text(&entity.entity_type)),
        ("updated_at", entity.updated_at.to_string()),
    ])
}

pub fn relation_record(relation: &Relation) -> String {
    object([
        ("created_at", relation.created_at.to_string()),
        ("from_entity", text(&relation.from_entity)),
        ("id", text(&relation.id)),
        ("metadata", object(relation_fields(&relation.metadata))),
        ("revision", relation.revision.to_string()),
        ("to_entity", text(&relation.to_entity)),
        ("type", text(&relation.relation_type)),
        ("updated_at", relation.updated_at.to_string()),
    ])
}

/// All but times and revision: what the state's hash covers.
pub fn entity_content(entity: &Entity) -> String {
    let mut fields = entity_fields(&entity.metadata);
    fields.push(("type", text(&entity.entity_type)));
    object(fields)
}

/// All but times and revision: what the state's hash covers.
pub fn relation_content(relation: &Relation) -> String {
    let mut fields = relation_fields(&relation.metadata);
    fields.insert(2, ("from_entity", text(&relation.from_entity)));
    fields.push(("to_entity", text(&relation.to_entity)));
    fields.push(("type", text(&relation.relation_type)));
    object(fields)
}

fn entity_fields(metadata: &EntityMeta) -> Vec<(&'static str, String)> {
    vec![
        ("description", optional(&metadata.description)),
        ("name", optional(&metadata.name)),
        ("properties", dict(&metadata.properties)),
        ("tags", list(metadata.tags.iter().map(|tag| text(tag)))),
    ]
}

fn relation_fields(metadata: &RelationMeta) -> Vec<(&'static str, String)> {
    vec![
        ("bidirectional", metadata.bidirectional.to_string()),
        ("description", optional(&metadata.description)),
        ("properties", dict(&metadata.properties)),
        ("strength", float(metadata.strength)),
        ("tags", list(metadata.tags.iter().map(|tag| text(tag)))),
    ]
}

/// A dict of the user's, tagged where one of its keys would pass for a tag.
fn dict(properties: &[Property]) -> String {
    if properties.iter().any(|p| p.name == "$nerv") {
        let pairs = properties.iter().map(|p| list([text(&p.name), p.value.clone()]));
        return object([("$nerv", text("dict")), ("value", list(pairs))]);
    }
    object(properties.iter().map(|p| (p.name.as_str(), p.value.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, value: &str) -> Property {
        Property { name: name.into(), value: value.into() }
    }

    #[test]
    fn an_entity_is_written_as_in_the_package() {
        let entity = Entity {
            id: "ada".into(),
            entity_type: "person".into(),
            metadata: EntityMeta {
                name: Some("Ada".into()),
                description: None,
                tags: vec!["m".into()],
                properties: vec![property("$nerv", "1"), property("b", "[1.0]")],
            },
            created_at: 1,
            updated_at: 2,
            revision: 3,
        };
        assert_eq!(
            entity.content(),
            r#"{"description":null,"name":"Ada","properties":{"$nerv":"dict","value":[["$nerv",1],["b",[1.0]]]},"tags":["m"],"type":"person"}"#
        );
        assert_eq!(
            change_data(&Step { old: None, new: Some(entity) }, Some("why")),
            r#"{"new":{"created_at":1,"id":"ada","metadata":{"description":null,"name":"Ada","properties":{"$nerv":"dict","value":[["$nerv",1],["b",[1.0]]]},"tags":["m"]},"revision":3,"type":"person","updated_at":2},"old":null,"reason":"why"}"#
        );
    }

    #[test]
    fn a_relation_is_written_as_in_the_package() {
        let relation = Relation {
            id: "r".into(),
            from_entity: "ada".into(),
            to_entity: "b".into(),
            relation_type: "k".into(),
            metadata: RelationMeta {
                description: Some("d".into()),
                strength: 0.5,
                bidirectional: true,
                tags: vec![],
                properties: vec![property("x", "null")],
            },
            created_at: 1,
            updated_at: 2,
            revision: 3,
        };
        assert_eq!(
            relation.content(),
            r#"{"bidirectional":true,"description":"d","from_entity":"ada","properties":{"x":null},"strength":0.5,"tags":[],"to_entity":"b","type":"k"}"#
        );
        assert_eq!(
            change_data(&Step { old: Some(relation), new: None }, None),
            r#"{"new":null,"old":{"created_at":1,"from_entity":"ada","id":"r","metadata":{"bidirectional":true,"description":"d","properties":{"x":null},"strength":0.5,"tags":[]},"revision":3,"to_entity":"b","type":"k","updated_at":2}}"#
        );
    }

    #[test]
    fn a_version_is_written_as_in_the_package() {
        let version = Version {
            version_id: "v1".into(),
            parents: vec!["p1".into(), "p2".into()],
            branch: "main".into(),
            event_seq: 7,
            timestamp: 1_700_000_000_123_456,
            description: "why ü".into(),
            author: Some("me".into()),
            data_hash: "abc".into(),
            algorithm: "lthash16".into(),
            digest: String::new(),
        };
        assert_eq!(
            version_data(&version),
            r#"{"algorithm":"lthash16","author":"me","branch":"main","data_hash":"abc","description":"why ü","digest":"","event_seq":7,"parents":["p1","p2"],"timestamp":1700000000123456,"version_id":"v1"}"#
        );
    }
}
