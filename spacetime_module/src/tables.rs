//! The tables. All but the last two are public: on this server reading has no finer boundary than
//! the database.

use spacetimedb::table;

use crate::history::HistoryPart;
use crate::types::{EntityMeta, RelationMeta};

/// Between the branch and the id in a key; no name may hold it.
const SEPARATOR: char = '\u{1f}';

/// The key of an item's row.
pub fn row_key(branch: &str, id: &str) -> String {
    format!("{branch}{SEPARATOR}{id}")
}

#[table(name = entity, public)]
pub struct EntityRow {
    #[primary_key]
    pub key: String,
    #[index(btree)]
    pub branch: String,
    pub entity_id: String,
    pub entity_type: String,
    pub metadata: EntityMeta,
    pub created_at: i64,
    pub updated_at: i64,
    pub revision: u64,
}

#[table(name = relation, public)]
pub struct RelationRow {
    #[primary_key]
    pub key: String,
    #[index(btree)]
    pub branch: String,
    pub relation_id: String,
    pub from_entity: String,
    pub to_entity: String,
    pub relation_type: String,
    pub metadata: RelationMeta,
    pub created_at: i64,
    pub updated_at: i64,
    pub revision: u64,
    #[index(btree)]
    pub from_key: String,
    #[index(btree)]
    pub to_key: String,
}

#[table(name = event_log, public)]
pub struct EventRow {
    #[primary_key]
    pub seq: u64,
    #[unique]
    pub event_id: String,
    pub origin_id: String,
    pub origin_seq: u64,
    #[index(btree)]
    pub event_type: String,
    pub source: Option<String>,
    pub timestamp: i64,
    pub data: Option<String>,
    pub actor: String,
    pub branch: String,
    #[index(btree)]
    pub batch_id: String,
}

#[table(name = state_version, public)]
pub struct VersionRow {
    #[primary_key]
    pub version_id: String,
    pub parents: Vec<String>,
    pub branch: String,
    pub event_seq: u64,
    pub timestamp: i64,
    pub description: String,
    pub author: Option<String>,
    pub data_hash: String,
    pub algorithm: String,
    pub digest: String,
    pub seq: u64,
}

/// Apart from its version, so that a client can follow versions without their deltas.
#[table(name = version_delta, public)]
pub struct DeltaRow {
    #[primary_key]
    pub version_id: String,
    pub delta: Vec<u8>,
}

/// A version of which only the fields are left, under a seal in place of its delta.
#[table(name = pruned_version, public)]
pub struct PrunedRow {
    #[primary_key]
    pub version_id: String,
    pub seal: String,
}

/// What leads to a version whose parent was pruned, from the nearest one that is kept.
#[table(name = version_bridge, public)]
pub struct BridgeRow {
    #[primary_key]
    pub version_id: String,
    pub base: String,
    pub delta: Vec<u8>,
    pub digest: String,
}

/// What was pruned so far; a single row.
#[table(name = retention, public)]
pub struct RetentionRow {
    #[primary_key]
    pub name: String,
    pub generation: u64,
    pub floor: u64,
    pub top: Option<String>,
    pub marks: String,
}

#[table(name = branch, public)]
pub struct BranchRow {
    #[primary_key]
    pub name: String,
    pub version_id: Option<String>,
}

#[table(name = tag, public)]
pub struct TagRow {
    #[primary_key]
    pub name: String,
    pub version_id: String,
}

/// How far each client has come: the number of its events, and the place of the last.
#[table(name = origin_cursor, public)]
pub struct CursorRow {
    #[primary_key]
    pub origin_id: String,
    pub origin_seq: u64,
    pub event_seq: u64,
}

/// The receipt of a batch.
#[table(name = batch, public)]
pub struct BatchRow {
    #[primary_key]
    pub batch_id: String,
    pub origin_id: String,
    pub first_seq: u64,
    pub last_seq: u64,
    pub outcome: String,
}

#[table(name = permission, public)]
pub struct PermissionRow {
    #[primary_key]
    #[auto_inc]
    pub id: u64,
    #[index(btree)]
    pub grantee: String,
    #[index(btree)]
    pub role: String,
    pub action: String,
    pub item_type: String,
}

#[table(name = config, public)]
pub struct ConfigRow {
    #[primary_key]
    pub name: String,
    pub value: String,
}

#[table(name = schema_version, public)]
pub struct SchemaVersionRow {
    #[primary_key]
    pub component: String,
    pub version: u32,
    pub applied_at: i64,
}

/// A part of a history that waits to be taken in.
#[table(name = staged_part)]
pub struct StagedPartRow {
    #[primary_key]
    pub key: String,
    #[index(btree)]
    pub import_id: String,
    pub number: u32,
    pub staged_at: i64,
    pub part: HistoryPart,
}

/// Numbers without gaps; `auto_inc` leaves some whenever the server starts again.
#[table(name = counter)]
pub struct CounterRow {
    #[primary_key]
    pub name: String,
    pub value: u64,
}
