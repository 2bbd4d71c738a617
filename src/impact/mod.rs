//! A difference between two emitted directories -> what happens when it is applied.
//!
//! Which values Talos, Flux, Cluster API and the charts take live is knowledge about products, so it is a table in `stdlib/impact/`,
//! each row with its upstream source. This module only finds the row: what no row covers is `unknown`, never silently harmless.

mod label;
mod pattern;
mod row;
mod table;

pub use label::Label;
pub use row::Row;
pub use table::{Table, Verdict};
