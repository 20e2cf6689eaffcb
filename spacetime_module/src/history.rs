//! A history that comes from another store: its parts on the wire, and what is refused of them.

use std::collections::BTreeMap;

#[cfg(not(test))]
use spacetimedb::SpacetimeType;

use crate::canonical;
use crate::errors::Error;
use crate::types::{Entity, Relation, Version};
use crate::validate;

/// An entry of the log, in the place it had.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    pub seq: u64,
    pub event_id: String,
    pub origin_id: String,
    pub origin_seq: u64,
    pub event_type: String,
    pub source: Option<String>,
    pub timestamp: i64,
    pub data: Option<String>,
    pub actor: String,
    pub branch: String,
    pub batch_id: String,
}

/// A version, the place of its event in the log, and its delta.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct StoredVersion {
    pub version: Version,
    pub seq: u64,
    pub delta: Vec<u8>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct BranchEntity {
    pub branch: String,
    pub entity: Entity,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct BranchRelation {
    pub branch: String,
    pub relation: Relation,
}

/// What a branch or a tag points at.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct Pointer {
    pub name: String,
    pub version_id: String,
}

/// A part of a history, small enough to be sent at once.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistoryPart {
    pub events: Vec<LogRow>,
    pub versions: Vec<StoredVersion>,
    pub entities: Vec<BranchEntity>,
    pub relations: Vec<BranchRelation>,
    pub branches: Vec<Pointer>,
    pub tags: Vec<Pointer>,
}

/// How many containers the record of an item adds to those of its properties.
const RECORD_DEPTH: u32 = 8;

/// Refuse an event that does not belong at this place of the log.
pub fn check_event(event: &LogRow, place: u64) -> Result<(), Error> {
    if event.seq != place {
        let reason = format!("event {} stands where event {place} belongs", event.seq);
        return Err(Error::validation("events", reason));
    }
    validate::name(&event.event_id, "event_id")?;
    validate::name(&event.event_type, "event_type")?;
    validate::name(&event.origin_id, "origin_id")?;
    validate::name(&event.branch, "branch")?;
    validate::name(&event.batch_id, "batch_id")?;
    validate::moment(event.timestamp, "timestamp")?;
    let depth = canonical::MAX_DEPTH + RECORD_DEPTH;
    event.data.as_deref().map_or(Ok(()), |data| canonical::check(data, depth, "data"))
}

/// The last event of each origin: its own count, and its place in the log.
pub fn cursors<'a>(events: impl IntoIterator<Item = &'a LogRow>) -> BTreeMap<&'a str, (u64, u64)> {
    events.into_iter().map(|e| (e.origin_id.as_str(), (e.origin_seq, e.seq))).collect()
}

/// A batch in the log, as its receipt tells of it.
#[derive(Debug, PartialEq)]
pub struct Batch<'a> {
    pub id: &'a str,
    pub origin_id: &'a str,
    pub first_seq: u64,
    pub last_seq: u64,
    pub is_graph: bool,
}

/// The batches of a log; commits and moves have none, since their ids stand for themselves.
pub fn batches<'a>(events: impl IntoIterator<Item = &'a LogRow>) -> Vec<Batch<'a>> {
    let mut found: Vec<Batch> = Vec::new();
    for event in events {
        let kind = event.event_type.as_str();
        if matches!(kind, "STATE_VERSION_COMMITTED" | "BRANCH_MOVED") {
            continue;
        }
        match found.last_mut() {
            Some(last) if last.id == event.batch_id => last.last_seq = event.seq,
            _ => found.push(Batch {
                id: &event.batch_id,
                origin_id: &event.origin_id,
                first_seq: event.seq,
                last_seq: event.seq,
                is_graph: kind.starts_with("ENTITY_") || kind.starts_with("RELATION_"),
            }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64, kind: &str, batch: &str) -> LogRow {
        LogRow {
            seq,
            event_id: format!("{batch}.{seq}"),
            origin_id: "o".into(),
            origin_seq: seq + 10,
            event_type: kind.into(),
            source: None,
            timestamp: 1,
            data: Some("{}".into()),
            actor: String::new(),
            branch: "main".into(),
            batch_id: batch.into(),
        }
    }

    #[test]
    fn an_event_stands_in_its_place() {
        assert_eq!(check_event(&event(3, "PING", "b"), 3), Ok(()));
        let reason = "event 4 stands where event 3 belongs";
        let refused = check_event(&event(4, "PING", "b"), 3);
        assert_eq!(refused, Err(Error::validation("events", reason)));
    }

    #[test]
    fn an_event_whose_data_is_not_canonical_is_refused() {
        let spaced = LogRow { data: Some("{ }".into()), ..event(1, "PING", "b") };
        assert!(check_event(&spaced, 1).is_err());
        let nameless = LogRow { origin_id: String::new(), ..event(1, "PING", "b") };
        assert!(check_event(&nameless, 1).is_err());
    }

    #[test]
    fn an_origin_has_come_as_far_as_its_last_event() {
        let events = [event(1, "PING", "a"), event(2, "PING", "b")];
        assert_eq!(cursors(&events), BTreeMap::from([("o", (12, 2))]));
    }

    #[test]
    fn a_batch_reaches_from_its_first_event_to_its_last() {
        let events = [
            event(1, "ENTITY_CREATED", "a"),
            event(2, "RELATION_CREATED", "a"),
            event(3, "STATE_VERSION_COMMITTED", "v"),
            event(4, "PING", "c"),
        ];
        let found: Vec<_> =
            batches(&events).iter().map(|b| (b.first_seq, b.last_seq, b.is_graph)).collect();
        assert_eq!(found, [(1, 2, true), (4, 4, false)]);
    }
}
