//! Making, moving and deleting a branch.

use spacetimedb::{reducer, ReducerContext};

use super::require;
use super::versions::{check_head, kept, move_head};
use crate::errors::Error;
use crate::event_json::branch_data;
use crate::items::ItemChange;
use crate::log::{self, Entry, Origin};
use crate::moves::{self, BRANCH_MOVED};
use crate::places::check_rows_read;
use crate::store::Rows;
use crate::tables::{branch, event_log};
use crate::types::RowStep;
use crate::validate;

const MAIN: &str = "main";

/// As `move_branch_as_read`, for clients that do not say when they read the rows: what others
/// wrote to `rows_of` since comes along.
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
    let origin = Origin { id: origin_id, seq: origin_seq };
    put(ctx, Move { id: move_id, name, expected, to, rows_of, read_at: None }, changes, &origin)
}

/// Put a branch from the version it is expected at to another one, or delete it where there is
/// none. Its rows become those of `rows_of`, which must be as they were at `read_at`, and then
/// take the changes.
#[reducer]
pub fn move_branch_as_read(
    ctx: &ReducerContext,
    move_id: String,
    name: String,
    expected: Option<String>,
    to: Option<String>,
    rows_of: String,
    read_at: u64,
    changes: Vec<RowStep>,
    origin_id: String,
    origin_seq: u64,
) -> Result<(), Error> {
    let origin = Origin { id: origin_id, seq: origin_seq };
    let read_at = Some(read_at);
    put(ctx, Move { id: move_id, name, expected, to, rows_of, read_at }, changes, &origin)
}

/// A request to make, move or delete a branch, apart from the changes.
struct Move {
    id: String,
    name: String,
    expected: Option<String>,
    to: Option<String>,
    rows_of: String,
    read_at: Option<u64>,
}

impl Move {
    /// Refuse names that are none, and a graph without its main branch.
    fn check(&self) -> Result<(), Error> {
        validate::name(&self.id, "move_id")?;
        validate::name(&self.name, "branch")?;
        validate::name(&self.rows_of, "branch")?;
        if self.name == MAIN && self.to.is_none() {
            return Err(Error::validation("branch", "'main' cannot be deleted"));
        }
        Ok(())
    }

    fn event(&self, ctx: &ReducerContext) -> Entry {
        Entry {
            event_id: log::event_id(&self.id, 0),
            event_type: BRANCH_MOVED.into(),
            source: None,
            timestamp: log::now(ctx),
            data: Some(branch_data(&self.name, &self.expected, &self.to)),
        }
    }
}

fn put(
    ctx: &ReducerContext,
    asked: Move,
    changes: Vec<RowStep>,
    origin: &Origin,
) -> Result<(), Error> {
    require(ctx, "move_branch", &asked.name)?;
    asked.check()?;
    validate::name(&origin.id, "origin_id")?;
    let changes = moves::changes(changes)?;
    let entry = asked.event(ctx);
    if is_done(ctx, &entry)? {
        return Ok(());
    }
    log::check_origin(ctx, origin)?;
    check_head(ctx, &asked.name, asked.expected.as_ref())?;
    let rows = Rows { ctx, branch: &asked.name };
    match &asked.to {
        None => {
            rows.clear();
            ctx.db.branch().name().delete(&asked.name);
        }
        Some(version_id) => {
            kept(ctx, version_id)?;
            asked.read_at.map_or(Ok(()), |seq| check_read(ctx, &asked.rows_of, seq))?;
            rewrite(&rows, &asked.rows_of, &changes)?;
            move_head(ctx, &asked.name, version_id);
        }
    }
    log::append(ctx, &asked.id, &asked.name, origin, vec![entry]).map(drop)
}

/// Refuse rows of a branch that may be others than they were at a place of the log.
fn check_read(ctx: &ReducerContext, branch: &str, read_at: u64) -> Result<(), Error> {
    check_rows_read(read_at, log::last_seq(ctx), |seq| {
        let event = ctx.db.event_log().seq().find(seq);
        event.is_some_and(|row| row.branch != branch || !moves::changes_rows(&row.event_type))
    })
}

fn rewrite(rows: &Rows, rows_of: &str, changes: &[ItemChange]) -> Result<(), Error> {
    rows.copy(rows_of);
    moves::check_start(rows, changes)?;
    rows.write(changes);
    moves::check_ends(rows, changes)
}

/// Whether the log holds the move already; an id that another event has taken is refused.
fn is_done(ctx: &ReducerContext, entry: &Entry) -> Result<bool, Error> {
    match ctx.db.event_log().event_id().find(&entry.event_id) {
        None => Ok(false),
        Some(row) if row.event_type == BRANCH_MOVED && row.data == entry.data => Ok(true),
        Some(_) => Err(Error::duplicate("event", &entry.event_id)),
    }
}
