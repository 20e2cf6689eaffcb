//! Where in the log a version may say that it is.

use crate::errors::Error;

/// So many events are looked through for one that changed the rows; who read them before reads
/// them again.
const FARTHEST: u64 = 100_000;

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

/// Refuse rows that were read at another position than that of the log, unless all events since
/// leave them alone.
pub fn check_rows_read(
    read_at: u64,
    actual: u64,
    leaves_alone: impl Fn(u64) -> bool,
) -> Result<(), Error> {
    let behind = actual.checked_sub(read_at);
    if behind.is_some_and(|behind| behind <= FARTHEST) && (read_at + 1..=actual).all(leaves_alone) {
        return Ok(());
    }
    Err(Error::LogMoved { expected: read_at, actual })
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
    fn rows_are_as_they_were_read_while_events_leave_them_alone() {
        let moved = |expected, actual| Err(Error::LogMoved { expected, actual });
        let of_others = |seq| seq != 5;
        assert_eq!(check_rows_read(4, 4, of_others), Ok(()));
        assert_eq!(check_rows_read(4, 5, of_others), moved(4, 5));
        assert_eq!(check_rows_read(5, 9, of_others), Ok(()));
        assert_eq!(check_rows_read(3, 9, of_others), moved(3, 9));
        assert_eq!(check_rows_read(5, 4, |_| true), moved(5, 4));
        assert_eq!(check_rows_read(0, FARTHEST, |_| true), Ok(()));
        assert_eq!(check_rows_read(0, FARTHEST + 1, |_| true), moved(0, FARTHEST + 1));
        assert_eq!(check_rows_read(u64::MAX, 4, |_| true), moved(u64::MAX, 4));
    }

    #[test]
    fn a_batch_and_its_version_are_done_together_or_not_at_all() {
        assert_eq!(both_done("b", true, "v", true), Ok(true));
        assert_eq!(both_done("b", false, "v", false), Ok(false));
        assert_eq!(both_done("b", true, "v", false), Err(Error::duplicate("batch", "b")));
        assert_eq!(both_done("b", false, "v", true), Err(Error::duplicate("version", "v")));
    }
}
