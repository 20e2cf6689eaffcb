//! Where in the log a version may say that it is.

use crate::errors::Error;

/// Refuse a version that claims to include events which are not in the log.
pub fn check_place(event_seq: u64, last_seq: u64) -> Result<(), Error> {
    if event_seq <= last_seq {
        return Ok(());
    }
    let reason = format!("{event_seq} is not in the log, which ends at {last_seq}");
    Err(Error::validation("event_seq", reason))
}

/// Refuse a version that does not end where its batch did.
pub fn check_sealed(event_seq: u64, last_seq: u64) -> Result<(), Error> {
    if event_seq == last_seq {
        return Ok(());
    }
    let reason = format!("{event_seq} is not where the changes end, which is {last_seq}");
    Err(Error::validation("event_seq", reason))
}

/// Refuse a plan that was made at another position of the log.
pub fn check_log(expected: u64, actual: u64) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    Err(Error::LogMoved { expected, actual })
}

/// Whether a batch and its version are both there. With only one of them the other cannot follow
/// any more: its id stands for something else.
pub fn both_done(
    batch_id: &str,
    has_batch: bool,
    version_id: &str,
    has_version: bool,
) -> Result<bool, Error> {
    match (has_batch, has_version) {
        (true, false) => Err(Error::duplicate("batch", batch_id)),
        (false, true) => Err(Error::duplicate("version", version_id)),
        (both, _) => Ok(both),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_at_a_place_of_the_log() {
        assert_eq!(check_place(0, 0), Ok(()));
        assert_eq!(check_place(3, 4), Ok(()));
        let reason = "5 is not in the log, which ends at 4";
        assert_eq!(check_place(5, 4), Err(Error::validation("event_seq", reason)));
    }

    #[test]
    fn a_version_of_a_batch_is_where_the_batch_ends() {
        assert_eq!(check_sealed(4, 4), Ok(()));
        for wrong in [3, 5] {
            let reason = format!("{wrong} is not where the changes end, which is 4");
            assert_eq!(check_sealed(wrong, 4), Err(Error::validation("event_seq", reason)));
        }
    }

    #[test]
    fn a_plan_is_for_one_position_of_the_log() {
        assert_eq!(check_log(2, 2), Ok(()));
        assert_eq!(check_log(2, 3), Err(Error::LogMoved { expected: 2, actual: 3 }));
        assert_eq!(check_log(4, 3), Err(Error::LogMoved { expected: 4, actual: 3 }));
    }

    #[test]
    fn a_batch_and_its_version_are_done_together_or_not_at_all() {
        assert_eq!(both_done("b", true, "v", true), Ok(true));
        assert_eq!(both_done("b", false, "v", false), Ok(false));
        assert_eq!(both_done("b", true, "v", false), Err(Error::duplicate("batch", "b")));
        assert_eq!(both_done("b", false, "v", true), Err(Error::duplicate("version", "v")));
    }
}
