//! The file as written, typed: nothing is filled in, inherited or looked up here.
//!
//! The types are the language: `schema/cloud.schema.json` is generated from them, and a document that passes that
//! schema always reads into them.

mod cloud;
mod component;
mod glob;
mod machine;
mod network;
mod node;
mod patch;
pub mod scalar;
mod tenant;

pub use cloud::*;
pub use component::*;
pub use glob::Glob;
pub use machine::*;
pub use network::*;
pub use node::*;
pub use patch::*;
pub use tenant::*;
