//! Pruning the history.

use std::collections::BTreeSet;

use spacetimedb::{reducer, ReducerContext, Table};

use super::require;
use super::versions::kept;
use crate::digest::seal;
use crate::errors::Error;
use crate::event_json::pruned_data;
use crate::log::{self, Entry, Origin};
use crate::moves;
use crate::permissions::ANY;
use crate::pruning::{check_bridges, check_moment, check_pins, Moment};
use crate::store::Rows;
use crate::tables::{
    batch, branch, event_log, pruned_version, retention, tag, version_bridge, version_delta,
    BridgeRow, PrunedRow, RetentionRow, VersionRow,
};
use crate::types::{Bridge, RowStep, Version};
use crate::validate;

const STATE: &str = "history";
/// In place of a branch's name, in the rows that the top of a pruned history stands on.
const TOP_ROWS: &str = "";

/// Make one step of pruning: deltas of versions and events up to the floor go, and what stands in
/// for them comes. Only an owner may.
#[reducer]
pub fn prune(
    ctx: &ReducerContext,
    batch_id: String,
    origin_id: String,
    expected_seq: u64,
    generation: u64,
    versions: Vec<String>,
    bridges: Vec<Bridge>,
    top: Option<String>,
    changes: Vec<RowStep>,
    floor: u64,
    marks: String,
) -> Result<(), Error> {
    require(ctx, "prune", ANY)?;
    validate::name(&batch_id, "batch_id")?;
    validate::name(&origin_id, "origin_id")?;
    let now = state(ctx);
    check_moment(&moment(ctx, &now), expected_seq, generation, floor)?;
    check_pins(&versions, &pinned(ctx))?;
    check_bridges(&bridges, &versions)?;
    let data = pruned_data(&versions, &bridges, &top, floor);
    for version_id in &versions {
        remove(ctx, kept(ctx, version_id)?);
    }
    for bridge in bridges {
        kept(ctx, &bridge.version_id)?;
        kept(ctx, &bridge.base)?;
        put_bridge(ctx, bridge);
    }
    if let Some(top) = &top {
        kept(ctx, top)?;
        ctx.db.version_bridge().version_id().delete(top);
    }
    let changes = moves::changes(changes)?;
    let rows = Rows { ctx, branch: TOP_ROWS };
    moves::check_start(&rows, &changes)?;
    rows.write(&changes);
    drop_events(ctx, now.floor, floor);
    put_state(ctx, RetentionRow { generation: generation + 1, floor, top, marks, ..now });
    let entry = Entry {
        event_id: log::event_id(&batch_id, 0),
        event_type: "HISTORY_PRUNED".into(),
        source: None,
        timestamp: log::now(ctx),
        data: Some(data),
    };
    let origin = Origin { id: origin_id, seq: 0 };
    log::append(ctx, &batch_id, "main", &origin, vec![entry]).map(drop)
}

fn state(ctx: &ReducerContext) -> RetentionRow {
    ctx.db.retention().name().find(STATE.to_string()).unwrap_or(RetentionRow {
        name: STATE.into(),
        generation: 0,
        floor: 0,
        top: None,
        marks: "{}".into(),
    })
}

fn put_state(ctx: &ReducerContext, row: RetentionRow) {
    let table = ctx.db.retention();
    table.name().delete(&row.name);
    table.insert(row);
}

fn moment(ctx: &ReducerContext, now: &RetentionRow) -> Moment {
    let commits = ctx.db.event_log().event_type().filter("STATE_VERSION_COMMITTED");
    Moment {
        generation: now.generation,
        floor: now.floor,
        newest_commit: commits.map(|row| row.seq).max().unwrap_or(0),
        last_seq: log::last_seq(ctx),
    }
}

fn pinned(ctx: &ReducerContext) -> BTreeSet<String> {
    let heads = ctx.db.branch().iter().filter_map(|row| row.version_id);
    heads.chain(ctx.db.tag().iter().map(|row| row.version_id)).collect()
}

fn remove(ctx: &ReducerContext, row: VersionRow) {
    let version = Version::from(row);
    let (id, seal) = (version.version_id.clone(), seal(&version));
    ctx.db.version_delta().version_id().delete(&id);
    ctx.db.version_bridge().version_id().delete(&id);
    ctx.db.pruned_version().insert(PrunedRow { version_id: id, seal });
}

fn put_bridge(ctx: &ReducerContext, bridge: Bridge) {
    let table = ctx.db.version_bridge();
    table.version_id().delete(&bridge.version_id);
    let Bridge { version_id, base, delta, digest } = bridge;
    table.insert(BridgeRow { version_id, base, delta, digest });
}

/// Remove events, and the receipts of batches that are gone whole.
fn drop_events(ctx: &ReducerContext, after: u64, until: u64) {
    let (events, batches) = (ctx.db.event_log(), ctx.db.batch());
    for seq in after + 1..=until {
        let Some(event) = events.seq().find(seq) else { continue };
        events.seq().delete(seq);
        if batches.batch_id().find(&event.batch_id).is_some_and(|row| row.last_seq <= until) {
            batches.batch_id().delete(&event.batch_id);
        }
    }
}

impl From<VersionRow> for Version {
    fn from(row: VersionRow) -> Self {
        Version {
            version_id: row.version_id,
            parents: row.parents,
            branch: row.branch,
            event_seq: row.event_seq,
            timestamp: row.timestamp,
            description: row.description,
            author: row.author,
            data_hash: row.data_hash,
            algorithm: row.algorithm,
            digest: row.digest,
        }
    }
}
