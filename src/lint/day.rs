//! A day of the calendar, for exceptions that end. The command line knows which day it is; nothing here asks.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A day in UTC, in the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u32,
    month: u32,
    of_month: u32,
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Day {
    /// The day of a time that is counted from the Unix epoch; the last one that can be written for what is later.
    pub fn of(since_epoch: Duration) -> Self {
        let mut left = since_epoch.as_secs() / 86_400;
        let mut at = Self { year: 1970, month: 1, of_month: 1 };
        loop {
            let days = u64::from(days_of(at.year, at.month));
            if left < days {
                at.of_month += u32::try_from(left).unwrap_or_default();
                return at;
            }
            if (at.year, at.month) == (9999, 12) {
                return Self { of_month: 31, ..at };
            }
            left -= days;
            (at.year, at.month) = if at.month == 12 { (at.year + 1, 1) } else { (at.year, at.month + 1) };
        }
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<u32> = text.split('-').map_while(|part| part.parse().ok()).collect();
        match numbers[..] {
            [year, month @ 1..=12, of_month] if text.len() == 10 && (1..=days_of(year, month)).contains(&of_month) => {
                Ok(Self { year, month, of_month })
            }
            _ => Err(format!("`{text}` is no day of the calendar")),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Day;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_799, "2024-02-28"),
            (1_709_164_800, "2024-02-29"),
            (1_803_859_199, "2027-02-28"),
            (1_803_859_200, "2027-03-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(Day::of(Duration::from_secs(seconds)).to_string(), day);
            assert_eq!(day.parse::<Day>().unwrap(), Day::of(Duration::from_secs(seconds)));
        }
        assert_eq!(Day::of(Duration::MAX).to_string(), "9999-12-31");
        for wrong in ["2027-02-29", "2027-13-01", "2027-00-10", "2027-1-01", "2027-01-00", "", "+027-01-01-"] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }
}
