//! Which steps of pruning are accepted: such as leave whatever is kept whole.

use std::collections::BTreeSet;

use crate::digest::bridge_digest;
use crate::errors::Error;
use crate::types::Bridge;

/// What a step was worked out for, and what the database is at.
pub struct Moment {
    pub generation: u64,
    pub floor: u64,
    /// The place of the last commit the log holds.
    pub newest_commit: u64,
    pub last_seq: u64,
}

/// Refuse a step that was worked out for another history than the one there is.
pub fn check_moment(
    now: &Moment,
    expected_seq: u64,
    generation: u64,
    floor: u64,
) -> Result<(), Error> {
    if generation != now.generation || now.newest_commit > expected_seq {
        return Err(Error::LogMoved { expected: expected_seq, actual: now.last_seq });
    }
    if floor < now.floor || floor > now.last_seq {
        let reason = format!("must lie between {} and {}", now.floor, now.last_seq);
        return Err(Error::validation("floor", reason));
    }
    Ok(())
}

/// Refuse to prune a version that must stay.
pub fn check_pins(versions: &[String], pinned: &BTreeSet<String>) -> Result<(), Error> {
    match versions.iter().find(|id| pinned.contains(*id)) {
        None => Ok(()),
        Some(id) => Err(Error::Integrity {
            reason: format!("version '{id}' is the head of a branch or tagged, so it stays"),
        }),
    }
}

/// Refuse a bridge that is damaged, or that leads from or to what goes.
pub fn check_bridges(bridges: &[Bridge], versions: &[String]) -> Result<(), Error> {
    for (index, bridge) in bridges.iter().enumerate() {
        let refuse =
            |reason: &str| Err(Error::validation(format!("bridges[{index}]"), reason.to_string()));
        if bridge.digest != bridge_digest(bridge) {
            return refuse("its digest does not match");
        }
        if versions.contains(&bridge.version_id) || versions.contains(&bridge.base) {
            return refuse("must lead from a version that stays to one that stays");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bridge() -> Bridge {
        Bridge {
            version_id: "v2".into(),
            base: "v0".into(),
            delta: b"[]".to_vec(),
            digest: String::new(),
        }
    }

    fn sound() -> Bridge {
        Bridge { digest: bridge_digest(&bridge()), ..bridge() }
    }

    const NOW: Moment = Moment { generation: 3, floor: 10, newest_commit: 20, last_seq: 25 };

    #[test]
    fn a_step_is_made_for_the_history_there_is() {
        assert!(check_moment(&NOW, 20, 3, 10).is_ok());
        assert!(check_moment(&NOW, 25, 3, 25).is_ok());
        let moved = Err(Error::LogMoved { expected: 19, actual: 25 });
        assert_eq!(check_moment(&NOW, 19, 3, 10), moved);
        assert!(check_moment(&NOW, 25, 2, 10).is_err());
    }

    #[test]
    fn the_floor_only_rises_and_stays_in_the_log() {
        assert!(check_moment(&NOW, 25, 3, 9).is_err());
        assert!(check_moment(&NOW, 25, 3, 26).is_err());
    }

    #[test]
    fn heads_and_tags_stay() {
        let pinned = BTreeSet::from(["v3".to_string()]);
        assert!(check_pins(&["v1".into(), "v2".into()], &pinned).is_ok());
        assert!(check_pins(&["v1".into(), "v3".into()], &pinned).is_err());
    }

    #[test]
    fn a_bridge_is_sound_and_leads_between_versions_that_stay() {
        assert!(check_bridges(&[sound()], &["v1".into()]).is_ok());
        assert!(check_bridges(&[bridge()], &["v1".into()]).is_err());
        assert!(check_bridges(&[sound()], &["v0".into()]).is_err());
        assert!(check_bridges(&[sound()], &["v2".into()]).is_err());
    }
}
