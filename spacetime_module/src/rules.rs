//! The rules of the graph: what a batch of changes does, or why it is refused.
//!
//! They are those of `nerv_lab/core/graph/rules.py`. The planner is pure and reads through a `Reader`.

use std::collections::BTreeMap;

use crate::errors::Error;
use crate::items::{Item, ItemChange, Step};
use crate::types::{
    Change, CreateEntity, CreateRelation, DeleteEntity, Entity, Relation, RestoreEntity,
    RestoreRelation, UpdateEntity, UpdateRelation,
};
use crate::validate;

/// Read access to a graph.
pub trait Reader {
    fn entity(&self, id: &str) -> Option<Entity>;
    fn relation(&self, id: &str) -> Option<Relation>;
    /// The relations that start or end at the entity, each once, in the order of their ids.
    fn relations_of(&self, entity_id: &str) -> Vec<Relation>;
}

/// Work out what a batch does, without doing it. Each change sees those before it.
pub fn plan(
    reader: &impl Reader,
    mut changes: Vec<Change>,
    now: i64,
) -> Result<Vec<ItemChange>, Error> {
    changes.iter_mut().try_for_each(validate::change)?;
    let mut batch = Batch::new(reader, now);
    changes.into_iter().try_for_each(|change| batch.add(change))?;
    Ok(batch.done)
}

/// The graph as it would be after the changes so far.
struct Batch<'a, R: Reader> {
    reader: &'a R,
    now: i64,
    entities: BTreeMap<String, Option<Entity>>,
    relations: BTreeMap<String, Option<Relation>>,
    /// The keys of `relations`, in the order they came.
    touched: Vec<String>,
    done: Vec<ItemChange>,
}

impl<'a, R: Reader> Batch<'a, R> {
    fn new(reader: &'a R, now: i64) -> Self {
        let (entities, relations) = (BTreeMap::new(), BTreeMap::new());
        Batch { reader, now, entities, relations, touched: Vec::new(), done: Vec::new() }
    }

    fn add(&mut self, change: Change) -> Result<(), Error> {
        match change {
            Change::CreateEntity(new) => self.create_entity(new),
            Change::UpdateEntity(update) => self.update_entity(update),
            Change::DeleteEntity(gone) => self.delete_entity(gone),
            Change::CreateRelation(new) => self.create_relation(new),
            Change::UpdateRelation(update) => self.update_relation(update),
            Change::DeleteRelation(gone) => {
                let old = self.known_relation(&gone.id)?;
                self.put_relation(Some(old), None);
                Ok(())
            }
            Change::RestoreEntity(wanted) => self.restore_entity(wanted),
            Change::RestoreRelation(wanted) => self.restore_relation(wanted),
        }
    }

    fn entity(&self, id: &str) -> Option<Entity> {
        self.entities.get(id).cloned().unwrap_or_else(|| self.reader.entity(id))
    }

    fn relation(&self, id: &str) -> Option<Relation> {
        self.relations.get(id).cloned().unwrap_or_else(|| self.reader.relation(id))
    }

    fn known_entity(&self, id: &str) -> Result<Entity, Error> {
        self.entity(id).ok_or_else(|| Error::no_entity(id))
    }

    fn known_relation(&self, id: &str) -> Result<Relation, Error> {
        self.relation(id).ok_or_else(|| Error::no_relation(id))
    }

    fn relations_of(&self, entity_id: &str) -> Vec<Relation> {
        let stored = self.reader.relations_of(entity_id).into_iter();
        let stored = stored.filter(|relation| !self.relations.contains_key(&relation.id));
        let ours = self.touched.iter().filter_map(|id| self.relations[id].as_ref());
        let ours = ours.filter(|r| r.from_entity == entity_id || r.to_entity == entity_id);
        stored.chain(ours.cloned()).collect()
    }

    fn put_entity(&mut self, old: Option<Entity>, new: Option<Entity>) {
        if let Some(item) = new.as_ref().or(old.as_ref()) {
            self.entities.insert(item.id.clone(), new.clone());
        }
        self.done.push(ItemChange::Entity(Step { old, new }));
    }

    fn put_relation(&mut self, old: Option<Relation>, new: Option<Relation>) {
        if let Some(item) = new.as_ref().or(old.as_ref()) {
            if self.relations.insert(item.id.clone(), new.clone()).is_none() {
                self.touched.push(item.id.clone());
            }
        }
        self.done.push(ItemChange::Relation(Step { old, new }));
    }

    fn create_entity(&mut self, new: CreateEntity) -> Result<(), Error> {
        let CreateEntity { id, entity_type, metadata } = new;
        if self.entity(&id).is_some() {
            return Err(Error::duplicate("entity", &id));
        }
        let (created_at, updated_at) = (self.now, self.now);
        let entity = Entity { id, entity_type, metadata, created_at, updated_at, revision: 1 };
        check_entity(&entity)?;
        self.put_entity(None, Some(entity));
        Ok(())
    }

    fn update_entity(&mut self, update: UpdateEntity) -> Result<(), Error> {
        let old = self.known_entity(&update.id)?;
        let mut new = Entity { updated_at: self.now, revision: old.revision + 1, ..old.clone() };
        set(&mut new.entity_type, update.entity_type);
        set(&mut new.metadata.name, update.name);
        set(&mut new.metadata.description, update.description);
        set(&mut new.metadata.tags, update.tags);
        validate::tags(&new.metadata.tags)?;
        new.metadata.properties = validate::patched(&old.metadata.properties, update.properties)?;
        check_entity(&new)?;
        if new.content() != old.content() {
            self.put_entity(Some(old), Some(new));
        }
        Ok(())
    }

    fn delete_entity(&mut self, gone: DeleteEntity) -> Result<(), Error> {
        let old = self.known_entity(&gone.id)?;
        let relations = self.relations_of(&gone.id);
        if !relations.is_empty() && !gone.cascade {
            let relations = relations.into_iter().map(|relation| relation.id).collect();
            return Err(Error::EntityInUse { entity_id: gone.id, relations });
        }
        for relation in relations {
            self.put_relation(Some(relation), None);
        }
        self.put_entity(Some(old), None);
        Ok(())
    }

    fn create_relation(&mut self, new: CreateRelation) -> Result<(), Error> {
        if self.relation(&new.id).is_some() {
            return Err(Error::duplicate("relation", &new.id));
        }
        let relation = Relation {
            id: new.id,
            from_entity: new.from_entity,
            to_entity: new.to_entity,
            relation_type: new.relation_type,
            metadata: new.metadata,
            created_at: self.now,
            updated_at: self.now,
            revision: 1,
        };
        check_relation(&relation)?;
        check_ends(&relation, |id| self.entity(id).is_some())?;
        self.put_relation(None, Some(relation));
        Ok(())
    }

    fn update_relation(&mut self, update: UpdateRelation) -> Result<(), Error> {
        let old = self.known_relation(&update.id)?;
        let mut new = Relation { updated_at: self.now, revision: old.revision + 1, ..old.clone() };
        set(&mut new.relation_type, update.relation_type);
        set(&mut new.metadata.description, update.description);
        set(&mut new.metadata.strength, update.strength);
        set(&mut new.metadata.bidirectional, update.bidirectional);
        set(&mut new.metadata.tags, update.tags);
        validate::strength(new.metadata.strength)?;
        validate::tags(&new.metadata.tags)?;
        new.metadata.properties = validate::patched(&old.metadata.properties, update.properties)?;
        check_relation(&new)?;
        if new.content() != old.content() {
            self.put_relation(Some(old), Some(new));
        }
        Ok(())
    }

    fn restore_entity(&mut self, wanted: RestoreEntity) -> Result<(), Error> {
        let RestoreEntity { id, entity_type, metadata, .. } = wanted;
        let old = self.entity(&id);
        let (created_at, revision) = old
            .as_ref()
            .map_or((wanted.created_at, wanted.revision), |o| (o.created_at, o.revision));
        let (revision, updated_at) = (revision + 1, self.now);
        let new = Entity { id, entity_type, metadata, created_at, updated_at, revision };
        validate::fits(&new)?;
        if old.as_ref().map(Item::content) != Some(new.content()) {
            self.put_entity(old, Some(new));
        }
        Ok(())
    }

    fn restore_relation(&mut self, wanted: RestoreRelation) -> Result<(), Error> {
        let old = self.relation(&wanted.id);
        let (created_at, revision) = old
            .as_ref()
            .map_or((wanted.created_at, wanted.revision), |o| (o.created_at, o.revision));
        let new = Relation {
            id: wanted.id,
            from_entity: wanted.from_entity,
            to_entity: wanted.to_entity,
            relation_type: wanted.relation_type,
            metadata: wanted.metadata,
            created_at,
            updated_at: self.now,
            revision: revision + 1,
        };
        check_ends(&new, |id| self.entity(id).is_some())?;
        validate::fits(&new)?;
        if old.as_ref().map(Item::content) != Some(new.content()) {
            self.put_relation(old, Some(new));
        }
        Ok(())
    }
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *field = value;
    }
}

fn check_entity(entity: &Entity) -> Result<(), Error> {
    validate::name(&entity.id, "id")?;
    validate::name(&entity.entity_type, "type")?;
    validate::fits(entity)
}

fn check_relation(relation: &Relation) -> Result<(), Error> {
    validate::name(&relation.id, "id")?;
    validate::name(&relation.from_entity, "from_entity")?;
    validate::name(&relation.to_entity, "to_entity")?;
    validate::name(&relation.relation_type, "type")?;
    validate::fits(relation)
}

/// Refuse a relation that names an entity which is not there.
pub fn check_ends(relation: &Relation, is_there: impl Fn(&str) -> bool) -> Result<(), Error> {
    let ends = [("from_entity", &relation.from_entity), ("to_entity", &relation.to_entity)];
    match ends.into_iter().find(|(_, entity_id)| !is_there(entity_id)) {
        None => Ok(()),
        Some((end, entity_id)) => Err(Error::DanglingRelation {
            relation_id: relation.id.clone(),
            end: end.into(),
            entity_id: entity_id.clone(),
        }),
    }
}

#[cfg(test)]
mod tests;
