//! Making, moving and deleting a branch.

use spacetimedb::{reducer, ReducerContext};

use super::require;
use super::versions::{check_head, kept, move_head};
use crate::errors::Error;
use crate::event_json::branch_data;
use crate::items::ItemChange;
use crate::log::{self, Entry, Origin};
use crate::moves;
use crate::store::Rows;
use crate::tables::{branch, event_log};
use crate::types::RowStep;
use crate::validate;

const MAIN: &str = "main";
const EVENT_TYPE: &str = "BRANCH_MOVED";

/// Put a branch from the version it is expected at to another one, or delete it where there is
/// none. Its rows become those of `rows_of` and then take the changes.
#[reducer]
pub fn move_branch(
    ctx: &ReducerContext,
    move_id: String,
    name: String,
    expected: Option<String>,
    to: Option<String>,
    rows_of: String,
    changes: Vec<RowStep>,
    origin_id: String,
    origin_seq: u64,
) -> Result<(), Error> {
    require(ctx, "move_branch", &name)?;
    validate::name(&move_id, "move_id")?;
    validate::name(&name, "branch")?;
    validate::name(&rows_of, "branch")?;
    validate::name(&origin_id, "origin_id")?;
    if name == MAIN && to.is_none() {
        return Err(Error::validation("branch", "'main' cannot be deleted"));
    }
    let changes = moves::changes(changes)?;
    let entry = event(ctx, &move_id, branch_data(&name, &expected, &to));
    if is_done(ctx, &entry)? {
        return Ok(());
    }
    let origin = Origin { id: origin_id, seq: origin_seq };
    log::check_origin(ctx, &origin)?;
    check_head(ctx, &name, expected.as_ref())?;
    let rows = Rows { ctx, branch: &name };
    match &to {
        None => {
            rows.clear();
            ctx.db.branch().name().delete(&name);
        }
        Some(version_id) => {
            kept(ctx, version_id)?;
            rewrite(&rows, &rows_of, &changes)?;
            move_head(ctx, &name, version_id);
        }
    }
    log::append(ctx, &move_id, &name, &origin, vec![entry]).map(drop)
}

fn rewrite(rows: &Rows, rows_of: &str, changes: &[ItemChange]) -> Result<(), Error> {
    rows.copy(rows_of);
    moves::check_start(rows, changes)?;
    rows.write(changes);
    moves::check_ends(rows, changes)
}

fn event(ctx: &ReducerContext, move_id: &str, data: String) -> Entry {
    Entry {
        event_id: log::event_id(move_id, 0),
        event_type: EVENT_TYPE.into(),
        source: None,
        timestamp: log::now(ctx),
        data: Some(data),
    }
}

/// Whether the log holds the move already; an id that another event has taken is refused.
fn is_done(ctx: &ReducerContext, entry: &Entry) -> Result<bool, Error> {
    match ctx.db.event_log().event_id().find(&entry.event_id) {
        None => Ok(false),
        Some(row) if row.event_type == EVENT_TYPE && row.data == entry.data => Ok(true),
        Some(_) => Err(Error::duplicate("event", &entry.event_id)),
    }
}
