//! Where emitted lines come from: right for what is known, and never too little for what is changed.

mod mutate;
mod property;
