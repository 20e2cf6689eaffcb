//! Committing versions, and naming them.

use spacetimedb::{reducer, ReducerContext, Table};

use super::require;
use crate::errors::Error;
use crate::event_json::version_data;
use crate::log::{self, Entry, Origin};
use crate::places::check_place;
use crate::tables::{
    branch, event_log, pruned_version, state_version, tag, version_delta, BranchRow, DeltaRow,
    TagRow, VersionRow,
};
use crate::types::Version;
use crate::validate;

/// Add a version and move its branch to it, if the branch is still at its parent.
#[reducer]
pub fn commit_version(
    ctx: &ReducerContext,
    version: Version,
    delta: Vec<u8>,
    origin_id: String,
    origin_seq: u64,
) -> Result<(), Error> {
    check(ctx, &version, &delta)?;
    validate::name(&origin_id, "origin_id")?;
    if is_stored(ctx, &version)? {
        return Ok(());
    }
    let origin = Origin { id: origin_id, seq: origin_seq };
    log::check_origin(ctx, &origin)?;
    commit(ctx, version, delta, &origin)
}

/// Refuse a caller who may not commit to the branch, and a version that is not whole.
pub fn check(ctx: &ReducerContext, version: &Version, delta: &[u8]) -> Result<(), Error> {
    require(ctx, "commit_version", &version.branch)?;
    validate::version(version, delta)
}

/// Whether the version is there already; an id that stands for another one is refused.
pub fn is_stored(ctx: &ReducerContext, version: &Version) -> Result<bool, Error> {
    match ctx.db.state_version().version_id().find(&version.version_id) {
        None => Ok(false),
        // The digest covers everything else, the delta too.
        Some(stored) if stored.digest == version.digest => Ok(true),
        Some(_) => Err(Error::duplicate("version", &version.version_id)),
    }
}

/// Add a version that is not there yet.
pub fn commit(
    ctx: &ReducerContext,
    version: Version,
    delta: Vec<u8>,
    origin: &Origin,
) -> Result<(), Error> {
    check_parents(ctx, &version)?;
    check_place(version.event_seq, log::last_seq(ctx))?;
    let event_id = log::event_id(&version.version_id, 0);
    if ctx.db.event_log().event_id().find(&event_id).is_some() {
        return Err(Error::duplicate("event", &event_id));
    }
    let entry = Entry {
        event_id,
        event_type: "STATE_VERSION_COMMITTED".into(),
        source: version.author.clone(),
        timestamp: log::now(ctx),
        data: Some(version_data(&version)),
    };
    let (id, name) = (&version.version_id, &version.branch);
    let (_, seq) = log::append(ctx, id, name, origin, vec![entry])?;
    move_head(ctx, name, id);
    ctx.db.version_delta().insert(DeltaRow { version_id: id.clone(), delta });
    ctx.db.state_version().insert(version_row(version, seq));
    Ok(())
}

fn check_parents(ctx: &ReducerContext, version: &Version) -> Result<(), Error> {
    check_head(ctx, &version.branch, version.parents.first())?;
    version.parents.iter().skip(1).try_for_each(|parent| known(ctx, parent).map(drop))
}

/// Refuse a caller who takes a branch to be where it is not.
pub fn check_head(
    ctx: &ReducerContext,
    name: &String,
    expected: Option<&String>,
) -> Result<(), Error> {
    let actual = ctx.db.branch().name().find(name).and_then(|row| row.version_id);
    if actual.as_ref() == expected {
        return Ok(());
    }
    Err(Error::HeadMoved { branch: name.clone(), expected: expected.cloned(), actual })
}

/// The version with this id.
pub fn known(ctx: &ReducerContext, version_id: &str) -> Result<VersionRow, Error> {
    let found = ctx.db.state_version().version_id().find(version_id.to_string());
    found.ok_or_else(|| Error::no_version(version_id))
}

/// The version with this id, of which more than the fields are left.
pub fn kept(ctx: &ReducerContext, version_id: &str) -> Result<VersionRow, Error> {
    if ctx.db.pruned_version().version_id().find(version_id.to_string()).is_some() {
        return Err(Error::pruned_version(version_id));
    }
    known(ctx, version_id)
}

/// Let a branch be at a version.
pub fn move_head(ctx: &ReducerContext, name: &str, version_id: &str) {
    let table = ctx.db.branch();
    let row = BranchRow { name: name.into(), version_id: Some(version_id.into()) };
    if table.name().find(name.to_string()).is_some() {
        table.name().update(row);
    } else {
        table.insert(row);
    }
}

/// The row of a version whose event is at a place of the log.
pub fn version_row(version: Version, seq: u64) -> VersionRow {
    VersionRow {
        version_id: version.version_id,
        parents: version.parents,
        branch: version.branch,
        event_seq: version.event_seq,
        timestamp: version.timestamp,
        description: version.description,
        author: version.author,
        data_hash: version.data_hash,
        algorithm: version.algorithm,
        digest: version.digest,
        seq,
    }
}

/// Let a name stand for a version; a name that is taken moves.
#[reducer]
pub fn set_tag(ctx: &ReducerContext, name: String, version_id: String) -> Result<(), Error> {
    require(ctx, "set_tag", &name)?;
    validate::name(&name, "tag")?;
    kept(ctx, &version_id)?;
    put_tag(ctx, TagRow { name, version_id });
    Ok(())
}

/// Let a tag be what its row says.
pub fn put_tag(ctx: &ReducerContext, row: TagRow) {
    let table = ctx.db.tag();
    if table.name().find(&row.name).is_some() {
        table.name().update(row);
    } else {
        table.insert(row);
    }
}

/// Forget a name; it may be gone already.
#[reducer]
pub fn delete_tag(ctx: &ReducerContext, name: String) -> Result<(), Error> {
    require(ctx, "delete_tag", &name)?;
    ctx.db.tag().name().delete(&name);
    Ok(())
}
