//! The reducers. Each asks first whether the caller may.

mod access;
mod branches;
mod events;
mod graph;
mod history;
mod retention;
mod together;
mod versions;

use spacetimedb::{reducer, ReducerContext, Table};

use crate::errors::Error;
use crate::log::now;
use crate::permissions::Access;
use crate::store;
use crate::tables::{schema_version, SchemaVersionRow};

/// The version of these tables.
const SCHEMA: u32 = 2;

#[reducer(init)]
pub fn init(ctx: &ReducerContext) {
    let component = "module".into();
    let row = SchemaVersionRow { component, version: SCHEMA, applied_at: now(ctx) };
    ctx.db.schema_version().insert(row);
}

/// Refuse a caller who may not do this.
fn require(ctx: &ReducerContext, action: &str, item_type: &str) -> Result<(), Error> {
    if store::access(ctx).allows(action, item_type) {
        return Ok(());
    }
    Err(denied(ctx, action, item_type))
}

fn denied(ctx: &ReducerContext, action: &str, item_type: &str) -> Error {
    let identity = ctx.sender.to_hex().to_string();
    Error::PermissionDenied { identity, action: action.into(), item_type: item_type.into() }
}

/// Refuse a caller who may do this to no type at all.
fn require_some(ctx: &ReducerContext, access: &Access, actions: &[&str]) -> Result<(), Error> {
    if actions.iter().any(|action| access.allows_some(action)) {
        return Ok(());
    }
    Err(denied(ctx, actions.first().unwrap_or(&""), crate::permissions::ANY))
}
