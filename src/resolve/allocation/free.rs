//! Free room in a pool, found by steps over what is taken: a pool of IPv6 has more places than can be tried.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::spec::NetworkPool;
use crate::spec::scalar::AddressRange;

/// What is taken: ranges that neither meet nor touch, so that one step leaves all that lies side by side behind.
#[derive(Default)]
pub(super) struct Ranges {
    /// First -> last address. The two families never mix: all of IPv4 come before all of IPv6.
    by_first: BTreeMap<IpAddr, IpAddr>,
}

impl Ranges {
    pub(super) fn insert(&mut self, range: AddressRange) {
        let mut joined = range;
        // One that only touches is joined too.
        let reach = |range: AddressRange| AddressRange {
            first: range.before().unwrap_or(range.first),
            last: range.after().unwrap_or(range.last),
        };
        while let Some(other) = self.meeting(&reach(joined)) {
            self.by_first.remove(&other.first);
            joined = AddressRange { first: joined.first.min(other.first), last: joined.last.max(other.last) };
        }
        self.by_first.insert(joined.first, joined.last);
    }

    /// The last of what is taken that has an address of this range.
    fn meeting(&self, range: &AddressRange) -> Option<AddressRange> {
        let (first, last) = self.by_first.range(..=range.last).next_back()?;
        Some(AddressRange { first: *first, last: *last }).filter(|taken| taken.intersect(range).is_some())
    }
}

impl Extend<AddressRange> for Ranges {
    fn extend<T: IntoIterator<Item = AddressRange>>(&mut self, more: T) {
        more.into_iter().for_each(|range| self.insert(range));
    }
}

/// The first network of a pool that has no address of `taken`.
pub(super) fn first_network(pool: &NetworkPool, taken: &Ranges) -> Option<IpNet> {
    let mut at = pool.range.0.network();
    while pool.range.0.contains(&at) {
        let net = IpNet::new(at, pool.prefix).ok()?.trunc();
        let own = AddressRange::from(net);
        let Some(clash) = taken.meeting(&own) else { return Some(net) };
        at = AddressRange { first: own.first, last: own.last.max(clash.last) }.after()?;
    }
    None
}

/// The last address of these ranges that nothing of `taken` has.
pub(super) fn last_address(ranges: &[AddressRange], taken: &Ranges) -> Option<IpAddr> {
    ranges.iter().rev().find_map(|range| {
        let mut at = range.last;
        while range.contains(at) {
            let own = AddressRange::from(at);
            let holder = taken.meeting(&own);
            if holder.is_none() && !ends_in_0_or_255(at) {
                return Some(at);
            }
            at = holder.unwrap_or(own).before()?;
        }
        None
    })
}

/// Equipment that knows no prefixes takes these for a whole network; MetalLB has `avoidBuggyIPs` for them.
fn ends_in_0_or_255(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if matches!(v4.octets()[3], 0 | 255))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(texts: &[&str]) -> Vec<AddressRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn taken_by(texts: &[&str]) -> Ranges {
        let mut taken = Ranges::default();
        taken.extend(ranges(texts));
        taken
    }

    #[test]
    fn what_meets_or_touches_is_one() {
        let taken =
            |texts: &[&str]| taken_by(texts).by_first.into_iter().map(|(f, l)| format!("{f}-{l}")).collect::<Vec<_>>();
        assert_eq!(
            taken(&["10.0.0.9", "10.0.0.7", "10.0.0.8", "10.0.0.11"]),
            ["10.0.0.7-10.0.0.9", "10.0.0.11-10.0.0.11"]
        );
        assert_eq!(taken(&["10.0.0.0/30", "10.0.0.6", "10.0.0.2-10.0.0.9", "10.0.0.5"]), ["10.0.0.0-10.0.0.9"]);
        assert_eq!(taken(&["10.0.0.8", "10.0.0.5", "10.0.0.0/8"]), ["10.0.0.0-10.255.255.255"]);
        assert_eq!(
            taken(&["255.255.255.255", "::", "0.0.0.0"]),
            ["0.0.0.0-0.0.0.0", "255.255.255.255-255.255.255.255", "::-::"]
        );
    }

    fn network(range: &str, prefix: u8, taken: &[&str]) -> Option<String> {
        let pool = NetworkPool { range: range.parse().unwrap(), prefix };
        first_network(&pool, &taken_by(taken)).map(|net| net.to_string())
    }

    fn address(pool: &[&str], taken: &[&str]) -> Option<String> {
        last_address(&ranges(pool), &taken_by(taken)).map(|address| address.to_string())
    }

    #[test]
    fn networks_begin_after_what_is_taken() {
        assert_eq!(network("10.0.0.0/14", 16, &[]).unwrap(), "10.0.0.0/16");
        assert_eq!(network("10.0.0.0/14", 16, &["10.1.2.0-10.2.0.7", "10.0.0.9"]).unwrap(), "10.3.0.0/16");
        assert_eq!(network("10.0.0.0/14", 16, &["10.0.0.0/8"]), None);
        assert_eq!(network("255.255.0.0/16", 24, &["255.255.0.0/16"]), None);
        // Half of all its networks at once.
        assert_eq!(network("fd00::/16", 112, &["fd00::/17"]).unwrap(), "fd00:8000::/112");
    }

    #[test]
    fn addresses_come_from_the_end() {
        assert_eq!(address(&["10.0.0.64/27"], &[]).unwrap(), "10.0.0.95");
        assert_eq!(address(&["10.0.0.64/27"], &["10.0.0.90-10.0.0.99"]).unwrap(), "10.0.0.89");
        assert_eq!(address(&["10.0.0.9", "10.0.0.20-10.0.0.21"], &["10.0.0.16/28"]).unwrap(), "10.0.0.9");
        assert_eq!(address(&["10.0.0.254-10.0.1.0"], &[]).unwrap(), "10.0.0.254");
        assert_eq!(address(&["0.0.0.0/30"], &["0.0.0.0/24"]), None);
        assert_eq!(address(&["fd00::/64"], &["fd00::ffff:0:0:0/80"]).unwrap(), "fd00::fffe:ffff:ffff:ffff");
    }
}
