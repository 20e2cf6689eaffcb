//! A small graph for tests.

use crate::rules::Reader;
use crate::types::{Entity, EntityMeta, Property, Relation, RelationMeta};

#[derive(Default)]
pub struct Graph {
    pub entities: Vec<Entity>,
    pub relations: Vec<Relation>,
}

impl Reader for Graph {
    fn entity(&self, id: &str) -> Option<Entity> {
        self.entities.iter().find(|e| e.id == id).cloned()
    }

    fn relation(&self, id: &str) -> Option<Relation> {
        self.relations.iter().find(|r| r.id == id).cloned()
    }

    fn relations_of(&self, entity_id: &str) -> Vec<Relation> {
        let at = |r: &&Relation| r.from_entity == entity_id || r.to_entity == entity_id;
        self.relations.iter().filter(at).cloned().collect()
    }
}

pub fn property(name: &str, value: &str) -> Property {
    Property { name: name.into(), value: value.into() }
}

pub fn entity(id: &str) -> Entity {
    Entity {
        id: id.into(),
        entity_type: "thing".into(),
        metadata: EntityMeta {
            name: Some(id.to_uppercase()),
            properties: vec![property("born", "1815"), property("x", "1")],
            ..Default::default()
        },
        created_at: 10,
        updated_at: 20,
        revision: 3,
    }
}

pub fn plain() -> RelationMeta {
    let (description, tags, properties) = (None, vec![], vec![]);
    RelationMeta { description, strength: 1.0, bidirectional: false, tags, properties }
}

pub fn relation(id: &str, from: &str, to: &str) -> Relation {
    Relation {
        id: id.into(),
        from_entity: from.into(),
        to_entity: to.into(),
        relation_type: "knows".into(),
        metadata: plain(),
        created_at: 10,
        updated_at: 20,
        revision: 3,
    }
}

/// Two entities and a relation between them.
pub fn graph() -> Graph {
    Graph {
        entities: vec![entity("ada"), entity("note")],
        relations: vec![relation("wrote", "ada", "note")],
    }
}
