//! Choices that a list of bytes makes: a list is a cloud, and a list of zeros takes the first, plainest choice everywhere, so that
//! proptest makes a cloud that fails as plain as it can.

use std::ops::RangeInclusive;

pub struct Dice<'a> {
    rolls: &'a [u8],
    at: usize,
}

impl<'a> Dice<'a> {
    pub fn new(rolls: &'a [u8]) -> Self {
        Self { rolls, at: 0 }
    }

    /// After the last byte every roll is zero.
    fn roll(&mut self) -> usize {
        let roll = self.rolls.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        roll.into()
    }

    pub fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.roll() % choices.len()].clone()
    }

    pub fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.roll() % (range.end() - range.start() + 1)
    }

    /// Whether something happens that happens in so many of a hundred clouds.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.roll() * 100 / 256 >= 100 - percent
    }

    /// Some of a list, in its order.
    pub fn some_of<T: Clone>(&mut self, choices: &[T], percent: usize) -> Vec<T> {
        choices.iter().filter(|_| self.chance(percent)).cloned().collect()
    }
}
