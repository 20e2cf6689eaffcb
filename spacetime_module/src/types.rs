//! The types of the wire, and the items of the graph.

#[cfg(not(test))]
use spacetimedb::SpacetimeType;

/// A property; its value is the canonical JSON of `nerv_lab.core.values.encode`.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    pub name: String,
    pub value: String,
}

/// A property to set, or to remove where there is no value.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    pub name: String,
    pub value: Option<String>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntityMeta {
    pub name: Option<String>,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub properties: Vec<Property>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct RelationMeta {
    pub description: Option<String>,
    pub strength: f64,
    pub bidirectional: bool,
    pub tags: Vec<String>,
    pub properties: Vec<Property>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct CreateEntity {
    pub id: String,
    pub entity_type: String,
    pub metadata: EntityMeta,
}

/// A field that is `None` stays; the inner option of name and description is the new value.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateEntity {
    pub id: String,
    pub entity_type: Option<String>,
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
    pub properties: Vec<Patch>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteEntity {
    pub id: String,
    pub cascade: bool,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct CreateRelation {
    pub id: String,
    pub from_entity: String,
    pub to_entity: String,
    pub relation_type: String,
    pub metadata: RelationMeta,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateRelation {
    pub id: String,
    pub relation_type: Option<String>,
    pub description: Option<Option<String>>,
    pub strength: Option<f64>,
    pub bidirectional: Option<bool>,
    pub tags: Option<Vec<String>>,
    pub properties: Vec<Patch>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteRelation {
    pub id: String,
}

/// Make an entity what it once was, whether it is there or not.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreEntity {
    pub id: String,
    pub entity_type: String,
    pub metadata: EntityMeta,
    pub created_at: i64,
    pub revision: u64,
}

/// Make a relation what it once was, whether it is there or not.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct RestoreRelation {
    pub id: String,
    pub from_entity: String,
    pub to_entity: String,
    pub relation_type: String,
    pub metadata: RelationMeta,
    pub created_at: i64,
    pub revision: u64,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    CreateEntity(CreateEntity),
    UpdateEntity(UpdateEntity),
    DeleteEntity(DeleteEntity),
    CreateRelation(CreateRelation),
    UpdateRelation(UpdateRelation),
    DeleteRelation(DeleteRelation),
    RestoreEntity(RestoreEntity),
    RestoreRelation(RestoreRelation),
}

/// An event of the user's own; `data` is the canonical JSON of a dict.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct OwnEvent {
    pub event_id: String,
    pub event_type: String,
    pub source: Option<String>,
    pub timestamp: i64,
    pub data: Option<String>,
}

/// A committed state, as `nerv_lab.core.history.versions.Version.record` has it.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
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
}

/// What leads to a version whose parent goes, as `nerv_lab.core.history.thinning.Bridge` has it.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct Bridge {
    pub version_id: String,
    pub base: String,
    pub delta: Vec<u8>,
    pub digest: String,
}

/// An entity of the graph.
#[cfg_attr(not(test), derive(SpacetimeType), sats(name = "EntityState"))]
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    pub id: String,
    pub entity_type: String,
    pub metadata: EntityMeta,
    pub created_at: i64,
    pub updated_at: i64,
    pub revision: u64,
}

/// A relation of the graph.
#[cfg_attr(not(test), derive(SpacetimeType), sats(name = "RelationState"))]
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    pub id: String,
    pub from_entity: String,
    pub to_entity: String,
    pub relation_type: String,
    pub metadata: RelationMeta,
    pub created_at: i64,
    pub updated_at: i64,
    pub revision: u64,
}

/// An entity in the rows of a branch, before and after a move; one of them may be missing.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct EntityStep {
    pub old: Option<Entity>,
    pub new: Option<Entity>,
}

/// A relation in the rows of a branch, before and after a move; one of them may be missing.
#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub struct RelationStep {
    pub old: Option<Relation>,
    pub new: Option<Relation>,
}

#[cfg_attr(not(test), derive(SpacetimeType))]
#[derive(Clone, Debug, PartialEq)]
pub enum RowStep {
    Entity(EntityStep),
    Relation(RelationStep),
}
