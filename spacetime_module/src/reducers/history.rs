//! Taking in a history from another store, with its ids, times, authors and places.
//!
//! It is staged in parts, since a message has a bound, and then taken in by one transaction, so
//! that it is there as a whole or not at all. The client verifies it; only an owner may do it.

use spacetimedb::{reducer, ReducerContext, Table};

use super::events::OUTCOME as PUBLISHED;
use super::graph::OUTCOME as APPLIED;
use super::require;
use super::versions::{known, move_head, put_tag, version_row};
use crate::errors::Error;
use crate::history::{batches, check_event, cursors, HistoryPart, LogRow, Pointer, StoredVersion};
use crate::items::{ItemChange, Step};
use crate::log::{self, Origin};
use crate::permissions::ANY;
use crate::places::check_log;
use crate::store::Rows;
use crate::tables::{
    branch, entity, event_log, relation, retention, row_key, staged_part, state_version,
    version_delta, DeltaRow, EventRow, StagedPartRow, TagRow,
};
use crate::validate;

const ACTION: &str = "import_history";
const IMPORTED: &str = "imported";
/// What a client left lying for a day, it has forgotten.
const STALE_MICROS: i64 = 24 * 3600 * 1_000_000;

/// Keep a part of a history until `import_history`; the same part again replaces it.
#[reducer]
pub fn stage_history(
    ctx: &ReducerContext,
    import_id: String,
    number: u32,
    part: HistoryPart,
) -> Result<(), Error> {
    require(ctx, ACTION, ANY)?;
    validate::name(&import_id, "import_id")?;
    let (table, now) = (ctx.db.staged_part(), log::now(ctx));
    let stale: Vec<String> =
        table.iter().filter(|row| row.staged_at < now - STALE_MICROS).map(|row| row.key).collect();
    for key in stale {
        table.key().delete(key);
    }
    let key = row_key(&import_id, &number.to_string());
    table.key().delete(&key);
    table.insert(StagedPartRow { key, import_id, number, staged_at: now, part });
    Ok(())
}

/// Forget the parts of a history that is not to be taken in.
#[reducer]
pub fn discard_history(ctx: &ReducerContext, import_id: String) -> Result<(), Error> {
    require(ctx, ACTION, ANY)?;
    ctx.db.staged_part().import_id().delete(&import_id);
    Ok(())
}

/// Append the staged history to a log that ends at `after`; the rows of all branches become those
/// of the history.
#[reducer]
pub fn import_history(
    ctx: &ReducerContext,
    import_id: String,
    parts: u32,
    after: u64,
    last: u64,
) -> Result<(), Error> {
    require(ctx, ACTION, ANY)?;
    validate::name(&import_id, "import_id")?;
    if log::is_done(ctx, &import_id, IMPORTED)? {
        return Ok(());
    }
    check_log(after, log::last_seq(ctx))?;
    if ctx.db.retention().count() > 0 {
        let reason = "the history of this database was pruned; take it into another one".into();
        return Err(Error::Integrity { reason });
    }
    let staged = take(ctx, &import_id, parts)?;
    let seq = append(ctx, &staged, after)?;
    if seq != last {
        let reason = format!("end at {seq}, not at {last}");
        return Err(Error::validation("events", reason));
    }
    let versions = staged.iter().flat_map(|part| &part.versions);
    versions.clone().try_for_each(|stored| add_version(ctx, stored))?;
    for stored in versions {
        stored.version.parents.iter().try_for_each(|id| known(ctx, id).map(drop))?;
    }
    replace_rows(ctx, &staged)?;
    replace_heads(ctx, &staged)?;
    for tag in staged.iter().flat_map(|part| &part.tags) {
        check_pointer(ctx, tag, "tag")?;
        put_tag(ctx, TagRow { name: tag.name.clone(), version_id: tag.version_id.clone() });
    }
    log::move_counter(ctx, last);
    let origin = Origin { id: import_id.clone(), seq: 0 };
    log::receipt(ctx, &import_id, &origin, (after + 1, last), IMPORTED);
    Ok(())
}

/// The parts of an import in their order; they are no longer staged.
fn take(ctx: &ReducerContext, import_id: &str, parts: u32) -> Result<Vec<HistoryPart>, Error> {
    let table = ctx.db.staged_part();
    let mut rows: Vec<StagedPartRow> = table.import_id().filter(import_id).collect();
    rows.sort_by_key(|row| row.number);
    if !rows.iter().map(|row| row.number).eq(0..parts) {
        let reason = format!("{} of {parts} parts are there; send them again", rows.len());
        return Err(Error::validation("parts", reason));
    }
    table.import_id().delete(import_id);
    Ok(rows.into_iter().map(|row| row.part).collect())
}

/// Append the events, the cursors of their origins and the receipts of their batches; returns the
/// place of the last.
fn append(ctx: &ReducerContext, staged: &[HistoryPart], after: u64) -> Result<u64, Error> {
    let mut last = after;
    for part in staged {
        for event in &part.events {
            check_event(event, last + 1)?;
            let taken = || Error::duplicate("event", &event.event_id);
            ctx.db.event_log().try_insert(event_row(event)).map_err(|_| taken())?;
            last = event.seq;
        }
    }
    let events = staged.iter().flat_map(|part| &part.events);
    for (origin_id, (origin_seq, seq)) in cursors(events.clone()) {
        log::move_cursor(ctx, origin_id, origin_seq, seq);
    }
    for batch in batches(events) {
        let outcome = if batch.is_graph { APPLIED } else { PUBLISHED };
        if log::is_done(ctx, batch.id, outcome)? {
            return Err(Error::duplicate("batch", batch.id));
        }
        let origin = Origin { id: batch.origin_id.into(), seq: 0 };
        log::receipt(ctx, batch.id, &origin, (batch.first_seq, batch.last_seq), outcome);
    }
    Ok(last)
}

fn event_row(event: &LogRow) -> EventRow {
    EventRow {
        seq: event.seq,
        event_id: event.event_id.clone(),
        origin_id: event.origin_id.clone(),
        origin_seq: event.origin_seq,
        event_type: event.event_type.clone(),
        source: event.source.clone(),
        timestamp: event.timestamp,
        data: event.data.clone(),
        actor: event.actor.clone(),
        branch: event.branch.clone(),
        batch_id: event.batch_id.clone(),
    }
}

fn add_version(ctx: &ReducerContext, stored: &StoredVersion) -> Result<(), Error> {
    validate::version(&stored.version, &stored.delta)?;
    let version_id = stored.version.version_id.clone();
    let taken = Error::duplicate("version", &version_id);
    let row = version_row(stored.version.clone(), stored.seq);
    ctx.db.state_version().try_insert(row).map_err(|_| taken)?;
    ctx.db.version_delta().insert(DeltaRow { version_id, delta: stored.delta.clone() });
    Ok(())
}

fn replace_rows(ctx: &ReducerContext, staged: &[HistoryPart]) -> Result<(), Error> {
    let (entities, relations) = (ctx.db.entity(), ctx.db.relation());
    let keys: Vec<String> = entities.iter().map(|row| row.key).collect();
    for key in keys {
        entities.key().delete(key);
    }
    let keys: Vec<String> = relations.iter().map(|row| row.key).collect();
    for key in keys {
        relations.key().delete(key);
    }
    for part in staged {
        for row in &part.entities {
            let mut new = row.entity.clone();
            validate::name(&row.branch, "branch")?;
            validate::entity(&mut new)?;
            let change = ItemChange::Entity(Step { old: None, new: Some(new) });
            Rows { ctx, branch: &row.branch }.write(&[change]);
        }
        for row in &part.relations {
            let mut new = row.relation.clone();
            validate::name(&row.branch, "branch")?;
            validate::relation(&mut new)?;
            let change = ItemChange::Relation(Step { old: None, new: Some(new) });
            Rows { ctx, branch: &row.branch }.write(&[change]);
        }
    }
    Ok(())
}

fn replace_heads(ctx: &ReducerContext, staged: &[HistoryPart]) -> Result<(), Error> {
    let table = ctx.db.branch();
    let names: Vec<String> = table.iter().map(|row| row.name).collect();
    for name in names {
        table.name().delete(name);
    }
    for head in staged.iter().flat_map(|part| &part.branches) {
        check_pointer(ctx, head, "branch")?;
        move_head(ctx, &head.name, &head.version_id);
    }
    Ok(())
}

fn check_pointer(ctx: &ReducerContext, pointer: &Pointer, field: &str) -> Result<(), Error> {
    validate::name(&pointer.name, field)?;
    known(ctx, &pointer.version_id).map(drop)
}
