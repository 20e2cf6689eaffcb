//! Who may do what.
//!
//! Until somebody claims the database everybody may write the graph. From then on nobody may do
//! anything but through a row of the permission table: a role, or an action on an item type.

use crate::types::Change;

pub const GRAPH_ACTIONS: [&str; 6] = [
    "create_entity",
    "update_entity",
    "delete_entity",
    "create_relation",
    "update_relation",
    "delete_relation",
];
const COMMIT_ACTIONS: [&str; 3] = ["commit_version", "set_tag", "delete_tag"];
const PUBLISH: &str = "publish_event";
const OTHER_ACTIONS: [&str; 2] = [PUBLISH, "move_branch"];
/// Who may commit may also sign what was committed.
const SIGNED: &str = "VERSION_SIGNED";
pub const ROLES: [&str; 4] = ["owner", "editor", "committer", "viewer"];
pub const ANY: &str = "*";

/// Whether single grants of this action can be given.
pub fn is_grantable(action: &str) -> bool {
    GRAPH_ACTIONS.contains(&action)
        || COMMIT_ACTIONS.contains(&action)
        || OTHER_ACTIONS.contains(&action)
}

/// One row of the permission table that holds for the caller.
#[derive(Clone, Debug)]
pub struct Rule {
    pub role: String,
    pub action: String,
    pub item_type: String,
}

impl Rule {
    fn allows(&self, action: &str, item_type: Option<&str>) -> bool {
        match self.role.as_str() {
            "owner" => true,
            "editor" => is_grantable(action),
            "committer" => {
                COMMIT_ACTIONS.contains(&action) || (action == PUBLISH && item_type == Some(SIGNED))
            }
            _ => {
                let fits = |wanted| self.item_type == ANY || self.item_type == wanted;
                self.action == action && item_type.is_none_or(fits)
            }
        }
    }
}

/// What the caller may do.
#[derive(Clone, Debug)]
pub enum Access {
    /// Nobody has claimed the database.
    Unclaimed,
    Rules(Vec<Rule>),
}

impl Access {
    /// Whether the caller may do this to items of a type.
    pub fn allows(&self, action: &str, item_type: &str) -> bool {
        self.permits(action, Some(item_type))
    }

    /// Whether the caller may do this to items of some type.
    pub fn allows_some(&self, action: &str) -> bool {
        self.permits(action, None)
    }

    /// Whether there is any use in planning a change: its items' types are not known yet.
    pub fn may_plan(&self, change: &Change) -> bool {
        match change {
            Change::CreateEntity(new) => self.allows("create_entity", &new.entity_type),
            Change::UpdateEntity(_) => self.allows_some("update_entity"),
            Change::DeleteEntity(_) => self.allows_some("delete_entity"),
            Change::CreateRelation(new) => self.allows("create_relation", &new.relation_type),
            Change::UpdateRelation(_) => self.allows_some("update_relation"),
            Change::DeleteRelation(_) => self.allows_some("delete_relation"),
            Change::RestoreEntity(_) => {
                self.allows_some("create_entity") || self.allows_some("update_entity")
            }
            Change::RestoreRelation(_) => {
                self.allows_some("create_relation") || self.allows_some("update_relation")
            }
        }
    }

    fn permits(&self, action: &str, item_type: Option<&str>) -> bool {
        match self {
            // Rights that outlast the claim cannot be given before it.
            Access::Unclaimed => action != "grant" && action != "revoke",
            Access::Rules(rules) => rules.iter().any(|rule| rule.allows(action, item_type)),
        }
    }
}

/// The action a change is named after, for the refusal.
pub fn action_of(change: &Change) -> (&'static str, &str) {
    match change {
        Change::CreateEntity(new) => ("create_entity", &new.entity_type),
        Change::UpdateEntity(_) => ("update_entity", ANY),
        Change::DeleteEntity(_) => ("delete_entity", ANY),
        Change::CreateRelation(new) => ("create_relation", &new.relation_type),
        Change::UpdateRelation(_) => ("update_relation", ANY),
        Change::DeleteRelation(_) => ("delete_relation", ANY),
        Change::RestoreEntity(new) => ("update_entity", &new.entity_type),
        Change::RestoreRelation(new) => ("update_relation", &new.relation_type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Access {
        let (action, item_type) = (String::new(), String::new());
        Access::Rules(vec![Rule { role: name.into(), action, item_type }])
    }

    fn single(action: &str, item_type: &str) -> Access {
        let (action, item_type) = (action.into(), item_type.into());
        Access::Rules(vec![Rule { role: String::new(), action, item_type }])
    }

    #[test]
    fn before_the_claim_everything_but_lasting_rights_is_allowed() {
        assert!(Access::Unclaimed.allows("create_entity", "person"));
        assert!(Access::Unclaimed.allows("set_config", "x"));
        assert!(!Access::Unclaimed.allows("grant", ANY));
        assert!(!Access::Unclaimed.allows("revoke", ANY));
    }

    #[test]
    fn after_the_claim_the_default_is_no() {
        for action in GRAPH_ACTIONS.iter().chain(&COMMIT_ACTIONS).chain(&OTHER_ACTIONS) {
            assert!(!Access::Rules(vec![]).allows(action, "x"));
            assert!(!role("viewer").allows_some(action));
            assert!(!role("nonsense").allows_some(action));
            assert!(role("owner").allows(action, "x"));
            assert!(role("editor").allows(action, "x"));
            assert_eq!(role("committer").allows(action, "x"), COMMIT_ACTIONS.contains(action));
        }
    }

    #[test]
    fn a_committer_signs_and_publishes_nothing_else() {
        assert!(role("committer").allows(PUBLISH, SIGNED));
        assert!(!role("committer").allows(PUBLISH, "greeted"));
        assert!(!role("committer").allows_some(PUBLISH));
        assert!(!role("viewer").allows(PUBLISH, SIGNED));
    }

    #[test]
    fn only_an_owner_administers() {
        for action in ["grant", "revoke", "set_config", "migrate", "prune"] {
            assert!(role("owner").allows(action, ANY));
            assert!(!role("editor").allows(action, ANY));
            assert!(!is_grantable(action));
        }
    }

    #[test]
    fn a_grant_holds_for_its_action_and_type() {
        let access = single("create_entity", "person");
        assert!(access.allows("create_entity", "person"));
        assert!(access.allows_some("create_entity"));
        assert!(!access.allows("create_entity", "place"));
        assert!(!access.allows("update_entity", "person"));
        assert!(single("create_entity", ANY).allows("create_entity", "place"));
    }
}
