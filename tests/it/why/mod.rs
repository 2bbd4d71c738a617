//! Where emitted lines come from: right for what is known, and never too little for what is changed.

mod command;
mod known;
mod mutate;
mod property;
