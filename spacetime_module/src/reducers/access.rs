//! Who may do what, and the settings of the database.

use spacetimedb::{reducer, ReducerContext, Table};

use super::{denied, require};
use crate::errors::Error;
use crate::log::now;
use crate::permissions::{is_grantable, Access, ANY, ROLES};
use crate::store::access;
use crate::tables::{
    config, permission, schema_version, ConfigRow, PermissionRow, SchemaVersionRow,
};
use crate::validate;

const OWNER: &str = "owner";

/// Become the owner of a database that has none.
#[reducer]
pub fn claim(ctx: &ReducerContext) -> Result<(), Error> {
    let grantee = ctx.sender.to_hex().to_string();
    match access(ctx) {
        Access::Unclaimed => {
            add(ctx, grantee, OWNER.into(), String::new(), String::new());
            Ok(())
        }
        Access::Rules(rules) if rules.iter().any(|rule| rule.role == OWNER) => Ok(()),
        Access::Rules(_) => Err(denied(ctx, "claim", ANY)),
    }
}

/// Give an identity, or "*" for everybody, a role; or an action on a type of items.
#[reducer]
pub fn grant(
    ctx: &ReducerContext,
    grantee: String,
    role: String,
    action: String,
    item_type: String,
) -> Result<(), Error> {
    require(ctx, "grant", ANY)?;
    check_grantee(&grantee, &role)?;
    if role.is_empty() {
        if !is_grantable(&action) {
            return Err(Error::validation("action", format!("{action} cannot be granted")));
        }
        validate::name(&item_type, "item_type")?;
    } else {
        if !ROLES.contains(&role.as_str()) {
            let reason = format!("must be one of {}", ROLES.join(", "));
            return Err(Error::validation("role", reason));
        }
        if !action.is_empty() || !item_type.is_empty() {
            let reason = "must be empty where a role is given, and so must item_type";
            return Err(Error::validation("action", reason));
        }
    }
    let same = |r: PermissionRow| r.role == role && r.action == action && r.item_type == item_type;
    if !ctx.db.permission().grantee().filter(&grantee).any(same) {
        add(ctx, grantee, role, action, item_type);
    }
    Ok(())
}

fn check_grantee(grantee: &str, role: &str) -> Result<(), Error> {
    if grantee == ANY && role == OWNER {
        return Err(Error::validation("grantee", "an owner must be one identity"));
    }
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if grantee == ANY || (grantee.len() == 64 && grantee.bytes().all(hex)) {
        return Ok(());
    }
    Err(Error::validation("grantee", "must be an identity (64 hex digits, lower case) or *"))
}

fn add(ctx: &ReducerContext, grantee: String, role: String, action: String, item_type: String) {
    ctx.db.permission().insert(PermissionRow { id: 0, grantee, role, action, item_type });
}

/// Take back what a row of the permission table gives.
#[reducer]
pub fn revoke(ctx: &ReducerContext, permission_id: u64) -> Result<(), Error> {
    require(ctx, "revoke", ANY)?;
    let table = ctx.db.permission();
    let Some(row) = table.id().find(permission_id) else {
        let reason = format!("there is no permission {permission_id}");
        return Err(Error::validation("permission_id", reason));
    };
    if row.role == OWNER && table.role().filter(OWNER).count() == 1 {
        let reason = "is that of the last owner; make another one first";
        return Err(Error::validation("permission_id", reason));
    }
    table.id().delete(permission_id);
    Ok(())
}

/// Set a setting of the database.
#[reducer]
pub fn set_config(ctx: &ReducerContext, name: String, value: String) -> Result<(), Error> {
    require(ctx, "set_config", &name)?;
    validate::name(&name, "name")?;
    if value.len() > validate::MAX_BYTES {
        let (bytes, most) = (value.len(), validate::MAX_BYTES);
        let reason = format!("takes {bytes} bytes; at most {most} are allowed");
        return Err(Error::validation("value", reason));
    }
    let table = ctx.db.config();
    if table.name().find(&name).is_some() {
        table.name().update(ConfigRow { name, value });
    } else {
        table.insert(ConfigRow { name, value });
    }
    Ok(())
}

/// Bring the data to the schema of this module, after the module was updated.
#[reducer]
pub fn migrate(ctx: &ReducerContext) -> Result<(), Error> {
    require(ctx, "migrate", ANY)?;
    record_schema(ctx);
    Ok(())
}

/// Note which version the tables have, and the oldest one whose clients read them.
pub fn record_schema(ctx: &ReducerContext) {
    let table = ctx.db.schema_version();
    for (component, version) in [("module", super::SCHEMA), ("reader", super::READABLE_BY)] {
        let row = SchemaVersionRow { component: component.into(), version, applied_at: now(ctx) };
        match table.component().find(&row.component) {
            None => drop(table.insert(row)),
            Some(known) if known.version < version => drop(table.component().update(row)),
            Some(_) => {}
        }
    }
}
