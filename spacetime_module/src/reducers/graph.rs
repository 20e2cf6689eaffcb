//! Changing the graph: the batch, and the integration guide's single changes.

use spacetimedb::{reducer, ReducerContext};

use super::{denied, require_some};
use crate::errors::Error;
use crate::items::ItemChange;
use crate::log::{self, Entry, Origin};
use crate::permissions::{action_of, Access, GRAPH_ACTIONS};
use crate::rules::plan;
use crate::store::{access, Rows};
use crate::tables::event_log;
use crate::types::{
    Change, CreateEntity, CreateRelation, DeleteEntity, DeleteRelation, EntityMeta, Patch,
    RelationMeta, UpdateEntity, UpdateRelation,
};
use crate::validate;

/// What the receipt of such a batch says.
pub const OUTCOME: &str = "applied";
const MAIN: &str = "main";

/// Make all of the changes, or none of them; a batch id that was seen before changes nothing.
#[reducer]
pub fn apply_batch(
    ctx: &ReducerContext,
    batch_id: String,
    branch: String,
    reason: Option<String>,
    source: Option<String>,
    origin_id: String,
    origin_seq: u64,
    changes: Vec<Change>,
) -> Result<(), Error> {
    let access = may_plan(ctx, &changes)?;
    let origin = Origin { id: origin_id, seq: origin_seq };
    let batch = Batch { id: batch_id, branch, reason, source, origin };
    batch.check(&changes)?;
    apply(ctx, &access, &batch, changes, log::now(ctx))
}

/// A request to change the graph, apart from the changes.
pub struct Batch {
    pub id: String,
    pub branch: String,
    pub reason: Option<String>,
    pub source: Option<String>,
    pub origin: Origin,
}

impl Batch {
    /// Refuse names that are none, and more than a batch may hold.
    pub fn check(&self, changes: &[Change]) -> Result<(), Error> {
        validate::count("changes", changes.len(), validate::MAX_CHANGES, "changes")?;
        validate::name(&self.id, "batch_id")?;
        validate::name(&self.branch, "branch")?;
        validate::text(&self.reason, "reason")?;
        validate::text(&self.source, "source")?;
        validate::name(&self.origin.id, "origin_id")
    }
}

/// Refuse a caller for whom no plan could be allowed.
pub fn may_plan(ctx: &ReducerContext, changes: &[Change]) -> Result<Access, Error> {
    let access = access(ctx);
    if changes.is_empty() {
        require_some(ctx, &access, &GRAPH_ACTIONS)?;
    }
    match changes.iter().find(|change| !access.may_plan(change)) {
        None => Ok(access),
        Some(change) => {
            let (action, item_type) = action_of(change);
            Err(denied(ctx, action, item_type))
        }
    }
}

/// Apply a batch, unless it was applied before.
pub fn apply(
    ctx: &ReducerContext,
    access: &Access,
    batch: &Batch,
    changes: Vec<Change>,
    now: i64,
) -> Result<(), Error> {
    if log::is_done(ctx, &batch.id, OUTCOME)? {
        return Ok(());
    }
    log::check_origin(ctx, &batch.origin)?;
    let first = log::event_id(&batch.id, 0);
    if ctx.db.event_log().event_id().find(&first).is_some() {
        return Err(Error::duplicate("event", &first));
    }
    let rows = Rows { ctx, branch: &batch.branch };
    let planned = plan(&rows, changes, now)?;
    check_types(ctx, access, &planned)?;
    rows.write(&planned);
    let entries = planned.iter().enumerate().map(|(index, change)| Entry {
        event_id: log::event_id(&batch.id, index),
        event_type: change.event_type().into(),
        source: batch.source.clone(),
        timestamp: now,
        data: Some(change.data(batch.reason.as_deref())),
    });
    let places = log::append(ctx, &batch.id, &batch.branch, &batch.origin, entries.collect())?;
    log::receipt(ctx, &batch.id, &batch.origin, places, OUTCOME);
    Ok(())
}

/// Refuse a plan that touches a type the caller may not touch.
fn check_types(ctx: &ReducerContext, access: &Access, planned: &[ItemChange]) -> Result<(), Error> {
    for change in planned {
        for item_type in change.types() {
            if !access.allows(change.action(), item_type) {
                return Err(denied(ctx, change.action(), item_type));
            }
        }
    }
    Ok(())
}

/// A single change of the main branch; `nonce` tells apart two changes of one item.
fn apply_one(ctx: &ReducerContext, id: &str, nonce: &str, change: Change) -> Result<(), Error> {
    let changes = vec![change];
    let access = may_plan(ctx, &changes)?;
    validate::name(id, "id")?;
    validate::name(nonce, "nonce")?;
    let (branch, origin) = (MAIN.into(), Origin::caller(ctx));
    let id = format!("{id}:{nonce}");
    let batch = Batch { id, branch, reason: None, source: None, origin };
    apply(ctx, &access, &batch, changes, log::now(ctx))
}

#[reducer]
pub fn create_entity(
    ctx: &ReducerContext,
    id: String,
    entity_type: String,
    metadata: EntityMeta,
    nonce: String,
) -> Result<(), Error> {
    let new = CreateEntity { id: id.clone(), entity_type, metadata };
    apply_one(ctx, &id, &nonce, Change::CreateEntity(new))
}

#[reducer]
pub fn update_entity(
    ctx: &ReducerContext,
    id: String,
    entity_type: Option<String>,
    name: Option<Option<String>>,
    description: Option<Option<String>>,
    tags: Option<Vec<String>>,
    properties: Vec<Patch>,
    nonce: String,
) -> Result<(), Error> {
    let update = UpdateEntity { id: id.clone(), entity_type, name, description, tags, properties };
    apply_one(ctx, &id, &nonce, Change::UpdateEntity(update))
}

#[reducer]
pub fn delete_entity(
    ctx: &ReducerContext,
    id: String,
    cascade: bool,
    nonce: String,
) -> Result<(), Error> {
    let gone = DeleteEntity { id: id.clone(), cascade };
    apply_one(ctx, &id, &nonce, Change::DeleteEntity(gone))
}

#[reducer]
pub fn create_relation(
    ctx: &ReducerContext,
    id: String,
    from_entity: String,
    to_entity: String,
    relation_type: String,
    metadata: RelationMeta,
    nonce: String,
) -> Result<(), Error> {
    let new = CreateRelation { id: id.clone(), from_entity, to_entity, relation_type, metadata };
    apply_one(ctx, &id, &nonce, Change::CreateRelation(new))
}

#[reducer]
pub fn update_relation(
    ctx: &ReducerContext,
    id: String,
    relation_type: Option<String>,
    description: Option<Option<String>>,
    strength: Option<f64>,
    bidirectional: Option<bool>,
    tags: Option<Vec<String>>,
    properties: Vec<Patch>,
    nonce: String,
) -> Result<(), Error> {
    let update = UpdateRelation {
        id: id.clone(),
        relation_type,
        description,
        strength,
        bidirectional,
        tags,
        properties,
    };
    apply_one(ctx, &id, &nonce, Change::UpdateRelation(update))
}

#[reducer]
pub fn delete_relation(ctx: &ReducerContext, id: String, nonce: String) -> Result<(), Error> {
    apply_one(ctx, &id, &nonce, Change::DeleteRelation(DeleteRelation { id: id.clone() }))
}
