//! The working rows of a branch, as the rules read them and as a plan leaves them.

use std::collections::BTreeMap;

use spacetimedb::{ReducerContext, Table};

use crate::items::{Item, ItemChange, Step};
use crate::permissions::{Access, Rule, ANY};
use crate::rules::Reader;
use crate::tables::{entity, permission, relation, row_key, EntityRow, PermissionRow, RelationRow};
use crate::types::{Entity, Relation};

/// The working rows of one branch.
pub struct Rows<'a> {
    pub ctx: &'a ReducerContext,
    pub branch: &'a str,
}

impl Reader for Rows<'_> {
    fn entity(&self, id: &str) -> Option<Entity> {
        self.ctx.db.entity().key().find(row_key(self.branch, id)).map(Entity::from)
    }

    fn relation(&self, id: &str) -> Option<Relation> {
        self.ctx.db.relation().key().find(row_key(self.branch, id)).map(Relation::from)
    }

    fn relations_of(&self, entity_id: &str) -> Vec<Relation> {
        let (table, key) = (self.ctx.db.relation(), row_key(self.branch, entity_id));
        let ends = table.from_key().filter(&key).chain(table.to_key().filter(&key));
        let by_id: BTreeMap<String, Relation> =
            ends.map(|row| (row.relation_id.clone(), row.into())).collect();
        by_id.into_values().collect()
    }
}

impl Rows<'_> {
    /// Remove all rows.
    pub fn clear(&self) {
        let db = &self.ctx.db;
        db.entity().branch().delete(self.branch);
        db.relation().branch().delete(self.branch);
    }

    /// Make the rows a copy of another branch's.
    pub fn copy(&self, from: &str) {
        if from == self.branch {
            return;
        }
        self.clear();
        let db = &self.ctx.db;
        let entities: Vec<EntityRow> = db.entity().branch().filter(from).collect();
        for row in entities {
            db.entity().insert(entity_row(self.branch, &row.into()));
        }
        let relations: Vec<RelationRow> = db.relation().branch().filter(from).collect();
        for row in relations {
            db.relation().insert(relation_row(self.branch, &row.into()));
        }
    }

    /// Bring the rows to where a plan leads.
    pub fn write(&self, changes: &[ItemChange]) {
        let mut entities = BTreeMap::new();
        let mut relations = BTreeMap::new();
        for change in changes {
            match change {
                ItemChange::Entity(step) => fold(&mut entities, step),
                ItemChange::Relation(step) => fold(&mut relations, step),
            }
        }
        for (old, new) in entities.into_values() {
            self.write_entity(old, new);
        }
        for (old, new) in relations.into_values() {
            self.write_relation(old, new);
        }
    }

    fn write_entity(&self, old: Option<&Entity>, new: Option<&Entity>) {
        let table = self.ctx.db.entity();
        match (old, new) {
            (None, None) => {}
            (None, Some(new)) => {
                table.insert(entity_row(self.branch, new));
            }
            (Some(_), Some(new)) => {
                table.key().update(entity_row(self.branch, new));
            }
            (Some(old), None) => {
                table.key().delete(row_key(self.branch, &old.id));
            }
        }
    }

    fn write_relation(&self, old: Option<&Relation>, new: Option<&Relation>) {
        let table = self.ctx.db.relation();
        match (old, new) {
            (None, None) => {}
            (None, Some(new)) => {
                table.insert(relation_row(self.branch, new));
            }
            (Some(_), Some(new)) => {
                table.key().update(relation_row(self.branch, new));
            }
            (Some(old), None) => {
                table.key().delete(row_key(self.branch, &old.id));
            }
        }
    }
}

/// An item before the first and after the last of its steps.
type Ends<'a, T> = (Option<&'a T>, Option<&'a T>);

fn fold<'a, T: Item>(folded: &mut BTreeMap<String, Ends<'a, T>>, step: &'a Step<T>) {
    let item = step.new.as_ref().or(step.old.as_ref());
    if let Some(item) = item {
        let ends = folded.entry(item.key()).or_insert((step.old.as_ref(), None));
        ends.1 = step.new.as_ref();
    }
}

/// What the caller may do.
pub fn access(ctx: &ReducerContext) -> Access {
    let table = ctx.db.permission();
    if table.role().filter("owner").next().is_none() {
        return Access::Unclaimed;
    }
    let caller = ctx.sender.to_hex().to_string();
    let own = table.grantee().filter(&caller);
    Access::Rules(own.chain(table.grantee().filter(ANY)).map(Rule::from).collect())
}

impl From<PermissionRow> for Rule {
    fn from(row: PermissionRow) -> Self {
        Rule { role: row.role, action: row.action, item_type: row.item_type }
    }
}

impl From<EntityRow> for Entity {
    fn from(row: EntityRow) -> Self {
        Entity {
            id: row.entity_id,
            entity_type: row.entity_type,
            metadata: row.metadata,
            created_at: row.created_at,
            updated_at: row.updated_at,
            revision: row.revision,
        }
    }
}

impl From<RelationRow> for Relation {
    fn from(row: RelationRow) -> Self {
        Relation {
            id: row.relation_id,
            from_entity: row.from_entity,
            to_entity: row.to_entity,
            relation_type: row.relation_type,
            metadata: row.metadata,
            created_at: row.created_at,
            updated_at: row.updated_at,
            revision: row.revision,
        }
    }
}

fn entity_row(branch: &str, entity: &Entity) -> EntityRow {
    EntityRow {
        key: row_key(branch, &entity.id),
        branch: branch.into(),
        entity_id: entity.id.clone(),
        entity_type: entity.entity_type.clone(),
        metadata: entity.metadata.clone(),
        created_at: entity.created_at,
        updated_at: entity.updated_at,
        revision: entity.revision,
    }
}

fn relation_row(branch: &str, relation: &Relation) -> RelationRow {
    RelationRow {
        key: row_key(branch, &relation.id),
        branch: branch.into(),
        relation_id: relation.id.clone(),
        from_entity: relation.from_entity.clone(),
        to_entity: relation.to_entity.clone(),
        relation_type: relation.relation_type.clone(),
        metadata: relation.metadata.clone(),
        created_at: relation.created_at,
        updated_at: relation.updated_at,
        revision: relation.revision,
        from_key: row_key(branch, &relation.from_entity),
        to_key: row_key(branch, &relation.to_entity),
    }
}
