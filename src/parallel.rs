//! Work on many things at once, on as many cores as there are; results keep the order of the things, so nobody can tell.

use std::num::NonZero;
use std::thread;

/// Fewer things than this for each thread are not worth starting it.
const SHARE: usize = 16;

/// `work` of each item, in their order.
pub(crate) fn map<T: Send, R: Send>(items: impl IntoIterator<Item = T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let mut items: Vec<T> = items.into_iter().collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(items.len() / SHARE);
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let share = items.len().div_ceil(threads);
    // Results may be large: they are moved once.
    let mut results = Vec::with_capacity(items.len());
    let run = |share: Vec<T>| share.into_iter().map(&work).collect::<Vec<R>>();
    thread::scope(|scope| {
        let mut others = Vec::new();
        while items.len() > share {
            let last = items.split_off(items.len() - share);
            others.push(scope.spawn(|| run(last)));
        }
        results.extend(items.into_iter().map(&work));
        for thread in others.into_iter().rev() {
            results.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_stand_in_the_order_of_their_items() {
        for count in [0, 1, 15, 32, 1001] {
            assert_eq!(super::map(0..count, |item| item * 2), (0..count).map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
