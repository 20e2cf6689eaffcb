//! The event log: one gapless sequence, one count for each origin, one receipt for each batch.

use spacetimedb::{ReducerContext, Table};

use crate::errors::Error;
use crate::tables::{
    batch, counter, event_log, origin_cursor, BatchRow, CounterRow, CursorRow, EventRow,
};

/// The row of the counter table that holds the place of the last event.
const LAST_SEQ: &str = "event_log";

/// Who writes: a client, and how many events it says to have written, plus one; 0 for unsaid.
pub struct Origin {
    pub id: String,
    pub seq: u64,
}

impl Origin {
    /// The caller itself, for reducers that are not told of an origin.
    pub fn caller(ctx: &ReducerContext) -> Self {
        Origin { id: ctx.sender.to_hex().to_string(), seq: 0 }
    }
}

/// An event that has no place yet.
pub struct Entry {
    pub event_id: String,
    pub event_type: String,
    pub source: Option<String>,
    pub timestamp: i64,
    pub data: Option<String>,
}

/// The present, in microseconds since the epoch.
pub fn now(ctx: &ReducerContext) -> i64 {
    ctx.timestamp.to_micros_since_unix_epoch()
}

/// The id of one event of a batch, the same whenever the batch is sent.
pub fn event_id(batch_id: &str, index: usize) -> String {
    format!("{batch_id}.{index}")
}

/// The place of the last event.
pub fn last_seq(ctx: &ReducerContext) -> u64 {
    ctx.db.counter().name().find(LAST_SEQ.to_string()).map_or(0, |row| row.value)
}

/// Refuse a client that has lost some of its own events, or sends some again in another batch.
pub fn check_origin(ctx: &ReducerContext, origin: &Origin) -> Result<(), Error> {
    let expected = cursor(ctx, &origin.id) + 1;
    if origin.seq == 0 || origin.seq == expected {
        return Ok(());
    }
    Err(Error::OriginGap { expected, got: origin.seq })
}

fn cursor(ctx: &ReducerContext, origin_id: &str) -> u64 {
    ctx.db.origin_cursor().origin_id().find(origin_id.to_string()).map_or(0, |row| row.origin_seq)
}

/// Append events, move the counter and the origin's cursor; returns the places of the first and
/// the last, where the first of none is the next to come.
pub fn append(
    ctx: &ReducerContext,
    batch_id: &str,
    branch: &str,
    origin: &Origin,
    entries: Vec<Entry>,
) -> Result<(u64, u64), Error> {
    let (last, count) = (last_seq(ctx), cursor(ctx, &origin.id));
    let written = entries.len() as u64;
    let actor = ctx.sender.to_hex().to_string();
    for (entry, step) in entries.into_iter().zip(1..) {
        let taken = Error::duplicate("event", &entry.event_id);
        let row = EventRow {
            seq: last + step,
            event_id: entry.event_id,
            origin_id: origin.id.clone(),
            origin_seq: count + step,
            event_type: entry.event_type,
            source: entry.source,
            timestamp: entry.timestamp,
            data: entry.data,
            actor: actor.clone(),
            branch: branch.into(),
            batch_id: batch_id.into(),
        };
        ctx.db.event_log().try_insert(row).map_err(|_| taken)?;
    }
    if written > 0 {
        move_counter(ctx, last + written);
        move_cursor(ctx, &origin.id, count + written, last + written);
    }
    Ok((last + 1, last + written))
}

/// Let the log end at a place.
pub fn move_counter(ctx: &ReducerContext, value: u64) {
    let table = ctx.db.counter();
    let row = CounterRow { name: LAST_SEQ.into(), value };
    if table.name().find(LAST_SEQ.to_string()).is_some() {
        table.name().update(row);
    } else {
        table.insert(row);
    }
}

/// Note how far an origin has come.
pub fn move_cursor(ctx: &ReducerContext, origin_id: &str, origin_seq: u64, event_seq: u64) {
    let table = ctx.db.origin_cursor();
    let row = CursorRow { origin_id: origin_id.into(), origin_seq, event_seq };
    if table.origin_id().find(origin_id.to_string()).is_some() {
        table.origin_id().update(row);
    } else {
        table.insert(row);
    }
}

/// Write the receipt of a batch.
pub fn receipt(
    ctx: &ReducerContext,
    batch_id: &str,
    origin: &Origin,
    places: (u64, u64),
    outcome: &str,
) {
    let (first_seq, last_seq) = places;
    ctx.db.batch().insert(BatchRow {
        batch_id: batch_id.into(),
        origin_id: origin.id.clone(),
        first_seq,
        last_seq,
        outcome: outcome.into(),
    });
}

/// Whether a batch of this kind is done already; an id that another kind has taken is refused.
pub fn is_done(ctx: &ReducerContext, batch_id: &str, outcome: &str) -> Result<bool, Error> {
    match ctx.db.batch().batch_id().find(batch_id.to_string()) {
        None => Ok(false),
        Some(row) if row.outcome == outcome => Ok(true),
        Some(_) => Err(Error::duplicate("batch", batch_id)),
    }
}
