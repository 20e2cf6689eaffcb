//! What happens to the items of a graph: an item before and after, and the event it becomes.

use crate::event_json::{entity_content, entity_record, relation_content, relation_record};
use crate::json::{object, text};
use crate::types::{Entity, Relation};

/// What entities and relations have in common.
pub trait Item {
    fn id(&self) -> &str;
    fn key(&self) -> String;
    fn type_name(&self) -> &str;
    fn content(&self) -> String;
    fn record(&self) -> String;
    /// How many tags and properties it has.
    fn counts(&self) -> (usize, usize);
}

impl Item for Entity {
    fn id(&self) -> &str {
        &self.id
    }

    fn key(&self) -> String {
        format!("e:{}", self.id)
    }

    fn type_name(&self) -> &str {
        &self.entity_type
    }

    fn content(&self) -> String {
        entity_content(self)
    }

    fn record(&self) -> String {
        entity_record(self)
    }

    fn counts(&self) -> (usize, usize) {
        (self.metadata.tags.len(), self.metadata.properties.len())
    }
}

impl Item for Relation {
    fn id(&self) -> &str {
        &self.id
    }

    fn key(&self) -> String {
        format!("r:{}", self.id)
    }

    fn type_name(&self) -> &str {
        &self.relation_type
    }

    fn content(&self) -> String {
        relation_content(self)
    }

    fn record(&self) -> String {
        relation_record(self)
    }

    fn counts(&self) -> (usize, usize) {
        (self.metadata.tags.len(), self.metadata.properties.len())
    }
}

/// An item before and after; one of them may be missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<T> {
    pub old: Option<T>,
    pub new: Option<T>,
}

/// One planned change, which becomes one event.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemChange {
    Entity(Step<Entity>),
    Relation(Step<Relation>),
}

/// What happens to an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Added,
    Changed,
    Removed,
}

impl<T: Item> Step<T> {
    pub fn kind(&self) -> Kind {
        match (&self.old, &self.new) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        }
    }

    /// The types the item has, before and after.
    fn types(&self) -> impl Iterator<Item = &str> {
        self.old.iter().chain(&self.new).map(Item::type_name)
    }

    /// The payload of its event; keys ascend, as in every canonical text.
    fn data(&self, reason: Option<&str>) -> String {
        let record = |item: &Option<T>| item.as_ref().map_or("null".into(), Item::record);
        let mut fields = vec![("new", record(&self.new)), ("old", record(&self.old))];
        if let Some(reason) = reason {
            fields.push(("reason", text(reason)));
        }
        object(fields)
    }
}

impl ItemChange {
    pub fn event_type(&self) -> &'static str {
        match self {
            ItemChange::Entity(step) => match step.kind() {
                Kind::Added => "ENTITY_CREATED",
                Kind::Changed => "ENTITY_UPDATED",
                Kind::Removed => "ENTITY_DELETED",
            },
            ItemChange::Relation(step) => match step.kind() {
                Kind::Added => "RELATION_CREATED",
                Kind::Changed => "RELATION_UPDATED",
                Kind::Removed => "RELATION_DELETED",
            },
        }
    }

    /// The permission that this change needs.
    pub fn action(&self) -> &'static str {
        match self {
            ItemChange::Entity(step) => match step.kind() {
                Kind::Added => "create_entity",
                Kind::Changed => "update_entity",
                Kind::Removed => "delete_entity",
            },
            ItemChange::Relation(step) => match step.kind() {
                Kind::Added => "create_relation",
                Kind::Changed => "update_relation",
                Kind::Removed => "delete_relation",
            },
        }
    }

    /// The types it touches, before and after.
    pub fn types(&self) -> Vec<&str> {
        match self {
            ItemChange::Entity(step) => step.types().collect(),
            ItemChange::Relation(step) => step.types().collect(),
        }
    }

    /// The payload of its event.
    pub fn data(&self, reason: Option<&str>) -> String {
        match self {
            ItemChange::Entity(step) => step.data(reason),
            ItemChange::Relation(step) => step.data(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{EntityMeta, Property, RelationMeta};

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
            Step { old: None, new: Some(entity) }.data(Some("why")),
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
            Step { old: Some(relation), new: None }.data(None),
            r#"{"new":null,"old":{"created_at":1,"from_entity":"ada","id":"r","metadata":{"bidirectional":true,"description":"d","properties":{"x":null},"strength":0.5,"tags":[]},"revision":3,"to_entity":"b","type":"k","updated_at":2}}"#
        );
    }
}
