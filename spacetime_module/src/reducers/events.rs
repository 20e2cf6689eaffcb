//! Events of the user's own.

use spacetimedb::{reducer, ReducerContext};

use super::{denied, require_some};
use crate::errors::Error;
use crate::log::{self, Entry, Origin};
use crate::store::access;
use crate::tables::event_log;
use crate::types::OwnEvent;
use crate::validate;

/// What the receipt of such a batch says.
pub const OUTCOME: &str = "published";
const ACTION: &str = "publish_event";

/// Append those of the events that the log does not hold yet.
#[reducer]
pub fn publish_events(
    ctx: &ReducerContext,
    batch_id: String,
    origin_id: String,
    origin_seq: u64,
    branch: String,
    events: Vec<OwnEvent>,
) -> Result<(), Error> {
    publish(ctx, batch_id, Origin { id: origin_id, seq: origin_seq }, &branch, events)
}

/// Append one event now, unless the log holds it.
#[reducer]
pub fn publish_event(
    ctx: &ReducerContext,
    event_id: String,
    event_type: String,
    source: Option<String>,
    data: Option<String>,
) -> Result<(), Error> {
    let (batch_id, timestamp) = (event_id.clone(), log::now(ctx));
    let event = OwnEvent { event_id, event_type, source, timestamp, data };
    publish(ctx, batch_id, Origin::caller(ctx), "main", vec![event])
}

fn publish(
    ctx: &ReducerContext,
    batch_id: String,
    origin: Origin,
    branch: &str,
    events: Vec<OwnEvent>,
) -> Result<(), Error> {
    check_types(ctx, &events)?;
    validate::name(&batch_id, "batch_id")?;
    validate::name(branch, "branch")?;
    validate::name(&origin.id, "origin_id")?;
    validate::count("events", events.len(), validate::MAX_CHANGES, "events")?;
    events.iter().try_for_each(validate::own_event)?;
    let new = not_yet_logged(ctx, branch, events)?;
    if log::is_done(ctx, &batch_id, OUTCOME)? {
        return Ok(());
    }
    log::check_origin(ctx, &origin)?;
    let entries = new.into_iter().map(|event| Entry {
        event_id: event.event_id,
        event_type: event.event_type,
        source: event.source,
        timestamp: event.timestamp,
        data: event.data,
    });
    let places = log::append(ctx, &batch_id, branch, &origin, entries.collect())?;
    log::receipt(ctx, &batch_id, &origin, places, OUTCOME);
    Ok(())
}

fn check_types(ctx: &ReducerContext, events: &[OwnEvent]) -> Result<(), Error> {
    let access = access(ctx);
    if events.is_empty() {
        require_some(ctx, &access, &[ACTION])?;
    }
    match events.iter().find(|event| !access.allows(ACTION, &event.event_type)) {
        None => Ok(()),
        Some(event) => Err(denied(ctx, ACTION, &event.event_type)),
    }
}

/// The events that are new; an id that stands for another event is refused.
fn not_yet_logged(
    ctx: &ReducerContext,
    branch: &str,
    events: Vec<OwnEvent>,
) -> Result<Vec<OwnEvent>, Error> {
    let mut new: std::collections::BTreeMap<String, usize> = Default::default();
    let mut kept: Vec<OwnEvent> = Vec::new();
    for event in events {
        let same = if let Some(&index) = new.get(&event.event_id) {
            let known = &kept[index];
            (&known.event_type, &known.source, &known.data)
                == (&event.event_type, &event.source, &event.data)
        } else if let Some(row) = ctx.db.event_log().event_id().find(&event.event_id) {
            (&row.event_type, &row.source, &row.data, row.branch.as_str())
                == (&event.event_type, &event.source, &event.data, branch)
        } else {
            new.insert(event.event_id.clone(), kept.len());
            kept.push(event);
            continue;
        };
        if !same {
            return Err(Error::duplicate("event", &event.event_id));
        }
    }
    Ok(kept)
}
