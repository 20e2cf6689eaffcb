//! The reducers. Each asks first whether the caller may.

mod access;
mod branches;
mod events;
mod graph;
mod history;
mod retention;
mod together;
mod versions;

use spacetimedb::{reducer, ReducerContext};

use crate::errors::Error;
use crate::permissions::Access;
use crate::store;

/// The version of these tables.
const SCHEMA: u32 = 2;
/// The oldest version whose clients still read all of these tables.
const READABLE_BY: u32 = 2;

#[reducer(init)]
pub fn init(ctx: &ReducerContext) {
    access::record_schema(ctx);
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
