//! Branches. Their rows come and go by events like any other, so that the log explains them.

use spacetimedb::{reducer, ReducerContext, Table};

use super::require;
use super::versions::known;
use crate::errors::Error;
use crate::event_json::branch_data;
use crate::log::{self, Entry, Origin};
use crate::rules::{ItemChange, Step};
use crate::store::Rows;
use crate::tables::{branch, BranchRow};
use crate::validate;

const MAIN: &str = "main";

/// Start a branch: at a version, with the working rows of that version's branch, or empty.
#[reducer]
pub fn create_branch(
    ctx: &ReducerContext,
    name: String,
    from_version: Option<String>,
) -> Result<(), Error> {
    require(ctx, "create_branch", &name)?;
    validate::name(&name, "branch")?;
    if let Some(row) = ctx.db.branch().name().find(&name) {
        return match row.version_id == from_version {
            true => Ok(()),
            false => Err(Error::duplicate("branch", &name)),
        };
    }
    let rows = Rows { ctx, branch: &name };
    let (entities, relations) = rows.all();
    if !entities.is_empty() || !relations.is_empty() {
        return Err(Error::duplicate("branch", &name));
    }
    let mut planned = Vec::new();
    if let Some(version_id) = &from_version {
        let source = known(ctx, version_id)?.branch;
        let (entities, relations) = Rows { ctx, branch: &source }.all();
        let added = |item| ItemChange::Entity(Step { old: None, new: Some(item) });
        planned.extend(entities.into_iter().map(added));
        let added = |item| ItemChange::Relation(Step { old: None, new: Some(item) });
        planned.extend(relations.into_iter().map(added));
    }
    rows.write(&planned);
    ctx.db.branch().insert(BranchRow { name: name.clone(), version_id: from_version.clone() });
    record(ctx, &name, &None, &from_version, planned)
}

/// End a branch; its versions and events stay.
#[reducer]
pub fn delete_branch(ctx: &ReducerContext, name: String) -> Result<(), Error> {
    require(ctx, "delete_branch", &name)?;
    if name == MAIN {
        return Err(Error::validation("branch", "main cannot be deleted"));
    }
    let rows = Rows { ctx, branch: &name };
    let (entities, relations) = rows.all();
    let head = ctx.db.branch().name().find(&name);
    if head.is_none() && entities.is_empty() && relations.is_empty() {
        return Ok(());
    }
    let gone = |item| ItemChange::Relation(Step { old: Some(item), new: None });
    let mut planned: Vec<ItemChange> = relations.into_iter().map(gone).collect();
    let gone = |item| ItemChange::Entity(Step { old: Some(item), new: None });
    planned.extend(entities.into_iter().map(gone));
    rows.write(&planned);
    ctx.db.branch().name().delete(&name);
    record(ctx, &name, &head.and_then(|row| row.version_id), &None, planned)
}

/// Record in the log that a branch came or went, and its rows with it.
fn record(
    ctx: &ReducerContext,
    name: &str,
    old: &Option<String>,
    new: &Option<String>,
    planned: Vec<ItemChange>,
) -> Result<(), Error> {
    let (now, origin) = (log::now(ctx), Origin::caller(ctx));
    // A branch may come and go many times: its place in the log tells the batches apart.
    let batch_id = format!("branch:{name}:{}", log::last_seq(ctx) + 1);
    let moved = ("BRANCH_MOVED", branch_data(name, old, new));
    let changes = planned.iter().map(|change| (change.event_type(), change.data(None)));
    let entries = std::iter::once(moved).chain(changes).enumerate();
    let entries = entries.map(|(index, (event_type, data))| Entry {
        event_id: log::event_id(&batch_id, index),
        event_type: event_type.into(),
        source: None,
        timestamp: now,
        data: Some(data),
    });
    log::append(ctx, &batch_id, name, &origin, entries.collect()).map(drop)
}
