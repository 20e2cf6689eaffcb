//! What is let into the graph: the bounds and messages of `core/graph/model.py` and `core/values/__init__.py`.

use std::collections::BTreeMap;

use crate::canonical::{self, MAX_DEPTH};
use crate::digest::version_digest;
use crate::errors::Error;
use crate::items::Item;
use crate::types::{Change, Entity, OwnEvent, Patch, Property, Relation, Version};

// The numbers of `core/limits.py`.
pub const MAX_NAME: usize = 512;
pub const MAX_TEXT: usize = 65_536;
pub const MAX_BYTES: usize = 1_048_576;
pub const MAX_PROPERTIES: usize = 10_000;
pub const MAX_TAGS: usize = 1_000;
pub const MAX_CHANGES: usize = 1_000_000;
/// The year 10000, where Python's datetime ends, and the year 1, where it begins.
const MAX_MICROS: i64 = 253_402_300_800_000_000;
const MIN_MICROS: i64 = -62_135_596_800_000_000;
/// Only `apply_batch`, `commit_version` and `move_branch` write these.
const RESERVED: [&str; 9] = [
    "ENTITY_CREATED",
    "ENTITY_UPDATED",
    "ENTITY_DELETED",
    "RELATION_CREATED",
    "RELATION_UPDATED",
    "RELATION_DELETED",
    "STATE_VERSION_COMMITTED",
    "BRANCH_MOVED",
    "HISTORY_PRUNED",
];

/// An id or type name: 1 to 512 characters without control characters.
pub fn name(value: &str, field: &str) -> Result<(), Error> {
    let length = value.chars().count();
    if !(1..=MAX_NAME).contains(&length) {
        let reason = format!("must have 1 to {MAX_NAME} characters, has {length}");
        return Err(Error::validation(field, reason));
    }
    if value.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(Error::validation(field, "must not hold control characters"));
    }
    Ok(())
}

/// Refuse more of something than is allowed.
pub fn count(field: &str, found: usize, most: usize, unit: &str) -> Result<(), Error> {
    if found <= most {
        return Ok(());
    }
    let reason = format!("has {found} {unit}; at most {most} are allowed");
    Err(Error::validation(field, reason))
}

/// A reason, a source or a description.
pub fn text(value: &Option<String>, field: &str) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    if value.len() <= MAX_TEXT {
        return Ok(()); // no text has more characters than bytes
    }
    count(field, value.chars().count(), MAX_TEXT, "characters")
}

/// A time in microseconds since the epoch.
pub fn moment(value: i64, field: &str) -> Result<(), Error> {
    if (MIN_MICROS..MAX_MICROS).contains(&value) {
        return Ok(());
    }
    Err(Error::validation(field, "must lie in the years 1 to 9999"))
}

pub fn tags(tags: &[String]) -> Result<(), Error> {
    tags.iter().enumerate().try_for_each(|(index, tag)| name(tag, &format!("tags[{index}]")))
}

pub fn strength(value: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    let shown = value.to_string().to_lowercase();
    Err(Error::value_refused(
        "strength",
        format!("{shown} is not a finite number; use None instead"),
    ))
}

/// Check properties and put them into the order of their names.
pub fn properties(given: &mut [Property]) -> Result<(), Error> {
    for property in given.iter() {
        property_value(&property.name, &property.value)?;
    }
    given.sort_by(|a, b| a.name.cmp(&b.name));
    match given.windows(2).find(|pair| pair[0].name == pair[1].name) {
        None => Ok(()),
        Some(pair) => {
            Err(Error::validation(format!("properties.{}", pair[0].name), "a key is given twice"))
        }
    }
}

/// Set and remove properties; the result is in the order of their names.
pub fn patched(old: &[Property], patch: Vec<Patch>) -> Result<Vec<Property>, Error> {
    let mut merged: BTreeMap<String, String> =
        old.iter().map(|p| (p.name.clone(), p.value.clone())).collect();
    for Patch { name, value } in patch {
        match value {
            None => {
                merged.remove(&name);
            }
            Some(value) => {
                property_value(&name, &value)?;
                merged.insert(name, value);
            }
        }
    }
    Ok(merged.into_iter().map(|(name, value)| Property { name, value }).collect())
}

fn property_value(name: &str, value: &str) -> Result<(), Error> {
    canonical::check(value, MAX_DEPTH - 1, &format!("properties.{name}"))
}

/// Refuse an item that takes too much room, or has too many tags or properties.
pub fn fits(item: &impl Item) -> Result<(), Error> {
    size(item)?;
    let (tags, properties) = item.counts();
    count("tags", tags, MAX_TAGS, "tags")?;
    count("properties", properties, MAX_PROPERTIES, "properties")
}

/// Refuse an item that takes too much room.
pub fn size(item: &impl Item) -> Result<(), Error> {
    let bytes = item.content().len();
    if bytes <= MAX_BYTES {
        return Ok(());
    }
    let key = item.key();
    let reason = format!("{key} takes {bytes} bytes; at most {MAX_BYTES} are allowed");
    Err(Error::validation("metadata", reason))
}

/// Check what a change brings along, apart from the graph it meets.
pub fn change(change: &mut Change) -> Result<(), Error> {
    match change {
        Change::CreateEntity(new) => {
            tags(&new.metadata.tags)?;
            properties(&mut new.metadata.properties)
        }
        Change::CreateRelation(new) => {
            strength(new.metadata.strength)?;
            tags(&new.metadata.tags)?;
            properties(&mut new.metadata.properties)
        }
        Change::RestoreEntity(new) => {
            tags(&new.metadata.tags)?;
            properties(&mut new.metadata.properties)?;
            name(&new.id, "id")?;
            name(&new.entity_type, "type")?;
            revision(new.revision)
        }
        Change::RestoreRelation(new) => {
            strength(new.metadata.strength)?;
            tags(&new.metadata.tags)?;
            properties(&mut new.metadata.properties)?;
            name(&new.id, "id")?;
            name(&new.from_entity, "from_entity")?;
            name(&new.to_entity, "to_entity")?;
            name(&new.relation_type, "type")?;
            revision(new.revision)
        }
        _ => Ok(()),
    }
}

/// Check a whole entity, and put its properties into order.
pub fn entity(entity: &mut Entity) -> Result<(), Error> {
    tags(&entity.metadata.tags)?;
    properties(&mut entity.metadata.properties)?;
    name(&entity.id, "id")?;
    name(&entity.entity_type, "type")?;
    revision(entity.revision)?;
    size(entity)
}

/// Check a whole relation, and put its properties into order.
pub fn relation(relation: &mut Relation) -> Result<(), Error> {
    strength(relation.metadata.strength)?;
    tags(&relation.metadata.tags)?;
    properties(&mut relation.metadata.properties)?;
    name(&relation.id, "id")?;
    name(&relation.from_entity, "from_entity")?;
    name(&relation.to_entity, "to_entity")?;
    name(&relation.relation_type, "type")?;
    revision(relation.revision)?;
    size(relation)
}

fn revision(value: u64) -> Result<(), Error> {
    if value <= i64::MAX as u64 / 2 {
        return Ok(());
    }
    let reason = format!("{value} does not fit into 64 bits; use a Decimal or a string");
    Err(Error::validation("revision", reason))
}

/// Check an event of the user's own.
pub fn own_event(event: &OwnEvent) -> Result<(), Error> {
    name(&event.event_type, "event_type")?;
    if RESERVED.contains(&event.event_type.as_str()) {
        let reason = format!(
            "{} is written by apply and commit_version; choose another name",
            event.event_type
        );
        return Err(Error::validation("event_type", reason));
    }
    if !(0..MAX_MICROS).contains(&event.timestamp) {
        let reason = "must be seconds since the epoch, before the year 10000";
        return Err(Error::validation("timestamp", reason));
    }
    name(&event.event_id, "event_id")?;
    text(&event.source, "source")?;
    event.data.as_deref().map_or(Ok(()), own_data)
}

fn own_data(data: &str) -> Result<(), Error> {
    canonical::check(data, MAX_DEPTH, "data")?;
    // What is tagged is no dict, unless the tag says so.
    let tagged = data.starts_with("{\"$nerv\":") && !data.starts_with("{\"$nerv\":\"dict\"");
    if tagged || !data.starts_with('{') {
        return Err(Error::validation("data", "must be a dict or None"));
    }
    if data.len() > MAX_BYTES {
        let reason = format!("takes {} bytes; at most {MAX_BYTES} are allowed", data.len());
        return Err(Error::validation("data", reason));
    }
    Ok(())
}

/// Check that a version is whole and its digest right.
pub fn version(version: &Version, delta: &[u8]) -> Result<(), Error> {
    name(&version.version_id, "version_id")?;
    name(&version.branch, "branch")?;
    if version.event_seq > i64::MAX as u64 {
        let reason =
            format!("{} does not fit into 64 bits; use a Decimal or a string", version.event_seq);
        return Err(Error::value_refused("version.event_seq", reason));
    }
    moment(version.timestamp, "version.timestamp")?;
    count("description", version.description.chars().count(), MAX_TEXT, "characters")?;
    text(&version.author, "author")?;
    if version.parents.len() > 2 {
        let reason = format!("at most two, not {}", version.parents.len());
        return Err(Error::validation("parents", reason));
    }
    if version.digest != version_digest(version, delta) {
        let reason =
            "does not belong to this version and delta; compute it with version_digest last";
        return Err(Error::validation("digest", reason));
    }
    Ok(())
}
