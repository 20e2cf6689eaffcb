//! Changing the graph and committing what it becomes, in one transaction.

use spacetimedb::{reducer, ReducerContext};

use super::graph::{apply, may_plan, Batch, OUTCOME};
use super::versions::{check, commit, is_stored};
use crate::errors::Error;
use crate::log::{self, Origin};
use crate::places::{both_done, check_log, check_sealed};
use crate::types::{Change, Version};

/// Make all of the changes and commit the version they lead to, or do neither. The client made
/// the version from its own plan of the changes, which holds at `expected_seq` and at the moment
/// of the version only.
#[reducer]
pub fn apply_and_commit(
    ctx: &ReducerContext,
    batch_id: String,
    branch: String,
    reason: Option<String>,
    source: Option<String>,
    origin_id: String,
    origin_seq: u64,
    changes: Vec<Change>,
    expected_seq: u64,
    version: Version,
    delta: Vec<u8>,
) -> Result<(), Error> {
    let access = may_plan(ctx, &changes)?;
    check(ctx, &version, &delta)?;
    let origin = Origin { id: origin_id, seq: origin_seq };
    let batch = Batch { id: batch_id, branch, reason, source, origin };
    batch.check(&changes)?;
    let has_batch = log::is_done(ctx, &batch.id, OUTCOME)?;
    let has_version = is_stored(ctx, &version)?;
    if both_done(&batch.id, has_batch, &version.version_id, has_version)? {
        return Ok(());
    }
    check_log(expected_seq, log::last_seq(ctx))?;
    apply(ctx, &access, &batch, changes, version.timestamp)?;
    check_sealed(version.event_seq, log::last_seq(ctx))?;
    commit(ctx, version, delta, &batch.origin)
}
