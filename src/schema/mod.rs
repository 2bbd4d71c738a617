//! Document -> Spec: the JSON Schema of the language, and findings that speak of keys and values instead of schemas.
//!
//! One schema serves editors, `cloudc` and the reference: it is generated from the types in [`crate::spec`] with the
//! parameters of every catalog component put in.

mod check;
mod entry;
mod format;
mod generate;
mod suggest;

pub use check::{Schema, accept, check};
pub use entry::{Fault, faults, own_entries};
pub use format::noun;
pub use generate::{cloud_schema, cloud_schema_for, common_keys, component_schema, lock_schema};
pub use suggest::{did_you_mean, known_instead, nearest, one_of, respelt, respelt_key, slip_of};
