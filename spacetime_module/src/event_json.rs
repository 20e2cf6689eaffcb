//! The payloads of events, byte for byte as the embedded store writes them.

use crate::json::{float, list, object, optional, text};
use crate::types::{Bridge, Entity, EntityMeta, Property, Relation, RelationMeta, Version};

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
