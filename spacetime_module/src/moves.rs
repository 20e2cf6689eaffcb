//! What the move of a branch brings along: the steps from the rows it begins with to the state of
//! the version it moves to.

use crate::errors::Error;
use crate::items::{Item, ItemChange, Step};
use crate::rules::{self, Reader};
use crate::types::{EntityStep, RelationStep, RowStep};
use crate::validate;

/// The type of the event that a move leaves.
pub const BRANCH_MOVED: &str = "BRANCH_MOVED";

/// Whether an event of this type left its branch with other rows.
pub fn changes_rows(event_type: &str) -> bool {
    matches!(
        event_type,
        "ENTITY_CREATED"
            | "ENTITY_UPDATED"
            | "ENTITY_DELETED"
            | "RELATION_CREATED"
            | "RELATION_UPDATED"
            | "RELATION_DELETED"
            | BRANCH_MOVED
    )
}

/// The steps as changes, each of one item that is fit to be stored.
pub fn changes(steps: Vec<RowStep>) -> Result<Vec<ItemChange>, Error> {
    let steps = steps.into_iter().enumerate();
    steps
        .map(|(index, step)| match step {
            RowStep::Entity(EntityStep { old, new }) => {
                checked(index, old, new, validate::entity).map(ItemChange::Entity)
            }
            RowStep::Relation(RelationStep { old, new }) => {
                checked(index, old, new, validate::relation).map(ItemChange::Relation)
            }
        })
        .collect()
}

fn checked<T: Item>(
    index: usize,
    mut old: Option<T>,
    mut new: Option<T>,
    check: fn(&mut T) -> Result<(), Error>,
) -> Result<Step<T>, Error> {
    old.iter_mut().chain(&mut new).try_for_each(check)?;
    let keys: Vec<String> = old.iter().chain(&new).map(Item::key).collect();
    let field = format!("changes[{index}]");
    match keys.as_slice() {
        [] => Err(Error::validation(field, "must have an old or a new item")),
        [old, new] if old != new => {
            Err(Error::validation(field, format!("must be of one item, not of {old} and {new}")))
        }
        _ => Ok(Step { old, new }),
    }
}

/// Refuse changes that do not start from what is there.
pub fn check_start(before: &impl Reader, changes: &[ItemChange]) -> Result<(), Error> {
    changes.iter().try_for_each(|change| match change {
        ItemChange::Entity(step) => check_old(step, |id| before.entity(id)),
        ItemChange::Relation(step) => check_old(step, |id| before.relation(id)),
    })
}

fn check_old<T: Item>(step: &Step<T>, find: impl Fn(&str) -> Option<T>) -> Result<(), Error> {
    let Some(item) = step.new.as_ref().or(step.old.as_ref()) else {
        return Ok(());
    };
    if find(item.id()).as_ref().map(Item::content) == step.old.as_ref().map(Item::content) {
        return Ok(());
    }
    let reason = format!("{}: the rows are not what the changes start from", item.key());
    Err(Error::Integrity { reason })
}

/// Refuse changes that leave a relation without one of its ends.
pub fn check_ends(after: &impl Reader, changes: &[ItemChange]) -> Result<(), Error> {
    changes.iter().try_for_each(|change| match change {
        ItemChange::Entity(Step { old: Some(gone), .. }) => check_unused(after, &gone.id),
        ItemChange::Relation(Step { new: Some(new), .. }) => match after.relation(&new.id) {
            None => Ok(()),
            Some(relation) => rules::check_ends(&relation, |id| after.entity(id).is_some()),
        },
        _ => Ok(()),
    })
}

fn check_unused(after: &impl Reader, entity_id: &str) -> Result<(), Error> {
    if after.entity(entity_id).is_some() {
        return Ok(());
    }
    let relations: Vec<String> = after.relations_of(entity_id).into_iter().map(|r| r.id).collect();
    if relations.is_empty() {
        return Ok(());
    }
    Err(Error::EntityInUse { entity_id: entity_id.into(), relations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{entity, graph, property, relation, Graph};
    use crate::types::{Entity, Relation};

    fn of_entity(old: Option<Entity>, new: Option<Entity>) -> RowStep {
        RowStep::Entity(EntityStep { old, new })
    }

    fn of_relation(old: Option<Relation>, new: Option<Relation>) -> RowStep {
        RowStep::Relation(RelationStep { old, new })
    }

    fn accepted(steps: impl IntoIterator<Item = RowStep>) -> Vec<ItemChange> {
        changes(steps.into_iter().collect()).expect("the steps are whole")
    }

    fn refused_field(step: RowStep) -> String {
        match changes(vec![of_entity(None, Some(entity("fine"))), step]) {
            Err(Error::Validation { field, .. } | Error::ValueRefused { field, .. }) => field,
            other => panic!("not refused as invalid: {other:?}"),
        }
    }

    fn start(step: RowStep) -> Result<(), Error> {
        check_start(&graph(), &accepted([step]))
    }

    fn differs(key: &str) -> Result<(), Error> {
        let reason = format!("{key}: the rows are not what the changes start from");
        Err(Error::Integrity { reason })
    }

    #[test]
    fn what_happens_to_items_and_moves_change_rows_and_nothing_else_does() {
        let [added, changed, removed] = [
            of_entity(None, Some(entity("a"))),
            of_entity(Some(entity("a")), Some(entity("a"))),
            gone("a"),
        ];
        let turned = |step| accepted([step])[0].event_type();
        for event_type in [turned(added), turned(changed), turned(removed), BRANCH_MOVED] {
            assert!(changes_rows(event_type));
        }
        let ada = || Some(relation("r", "a", "b"));
        for step in [of_relation(None, ada()), of_relation(ada(), ada()), of_relation(ada(), None)]
        {
            assert!(changes_rows(turned(step)));
        }
        for event_type in ["STATE_VERSION_COMMITTED", "HISTORY_PRUNED", "GREETING", ""] {
            assert!(!changes_rows(event_type));
        }
    }

    #[test]
    fn a_step_is_of_one_item() {
        assert_eq!(refused_field(of_entity(None, None)), "changes[1]");
        assert_eq!(refused_field(of_relation(None, None)), "changes[1]");
        assert_eq!(refused_field(of_entity(Some(entity("a")), Some(entity("b")))), "changes[1]");
    }

    #[test]
    fn what_a_step_puts_is_checked() {
        assert_eq!(refused_field(of_entity(None, Some(entity("")))), "id");
        let mut wrong = entity("a");
        wrong.metadata.properties = vec![property("x", "1 ")];
        assert_eq!(refused_field(of_entity(None, Some(wrong))), "properties.x");
        let old = Entity { revision: u64::MAX, ..entity("a") };
        assert_eq!(refused_field(of_entity(None, Some(old))), "revision");
        assert_eq!(refused_field(of_relation(None, Some(relation("r", "", "a")))), "from_entity");
        let mut weak = relation("r", "a", "b");
        weak.metadata.strength = f64::NAN;
        assert_eq!(refused_field(of_relation(None, Some(weak))), "strength");
    }

    #[test]
    fn properties_come_in_order_on_both_sides() {
        let mut old = entity("ada");
        old.metadata.properties.reverse();
        assert_eq!(accepted([of_entity(Some(old), None)]), accepted([gone("ada")]));
    }

    fn gone(id: &str) -> RowStep {
        of_entity(Some(entity(id)), None)
    }

    #[test]
    fn a_change_starts_from_the_content_that_is_there() {
        let renamed = Entity { entity_type: "person".into(), ..entity("ada") };
        assert_eq!(start(of_entity(Some(entity("ada")), Some(renamed.clone()))), Ok(()));
        assert_eq!(start(of_entity(Some(renamed), None)), differs("e:ada"));
        assert_eq!(start(of_entity(None, Some(entity("ada")))), differs("e:ada"));
        assert_eq!(start(gone("nobody")), differs("e:nobody"));
        assert_eq!(start(of_entity(None, Some(entity("nobody")))), Ok(()));
        let turned = relation("wrote", "note", "ada");
        assert_eq!(start(of_relation(Some(turned), None)), differs("r:wrote"));
        assert_eq!(start(of_relation(Some(relation("wrote", "ada", "note")), None)), Ok(()));
    }

    #[test]
    fn times_and_revision_are_no_content() {
        let old = Entity { created_at: 1, updated_at: 2, revision: 9, ..entity("ada") };
        assert_eq!(start(of_entity(Some(old), None)), Ok(()));
    }

    #[test]
    fn no_relation_is_left_without_its_ends() {
        let step = of_relation(None, Some(relation("wrote", "ada", "note")));
        let lonely = Graph { entities: vec![entity("note")], ..graph() };
        let dangling = Error::DanglingRelation {
            relation_id: "wrote".into(),
            end: "from_entity".into(),
            entity_id: "ada".into(),
        };
        assert_eq!(check_ends(&lonely, &accepted([step.clone()])), Err(dangling));
        assert_eq!(check_ends(&graph(), &accepted([step.clone()])), Ok(()));
        assert_eq!(check_ends(&Graph::default(), &accepted([step])), Ok(()));
        let relations = vec!["wrote".into()];
        let in_use = Error::EntityInUse { entity_id: "ada".into(), relations };
        assert_eq!(check_ends(&lonely, &accepted([gone("ada")])), Err(in_use));
        assert_eq!(check_ends(&graph(), &accepted([gone("ada")])), Ok(()));
        assert_eq!(check_ends(&Graph::default(), &accepted([gone("ada")])), Ok(()));
    }
}
