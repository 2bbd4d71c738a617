//! Free room in a pool, found by steps over what is taken: a pool of IPv6 has more places than can be tried.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::spec::NetworkPool;
use crate::spec::scalar::AddressRange;

/// The first network of a pool that has no address of `taken`.
pub(super) fn first_network(pool: &NetworkPool, taken: &[AddressRange]) -> Option<IpNet> {
    let mut at = pool.range.0.network();
    while pool.range.0.contains(&at) {
        let net = IpNet::new(at, pool.prefix).ok()?.trunc();
        let own = AddressRange::from(net);
        let Some(clash) = taken.iter().find(|range| range.intersect(&own).is_some()) else { return Some(net) };
        at = AddressRange { first: own.first, last: own.last.max(clash.last) }.after()?;
    }
    None
}

/// The last address of these ranges that nothing of `taken` has.
pub(super) fn last_address(ranges: &[AddressRange], taken: &[AddressRange]) -> Option<IpAddr> {
    ranges.iter().rev().find_map(|range| {
        let mut at = range.last;
        while range.contains(at) {
            let own = AddressRange::from(at);
            let holder = taken.iter().find(|range| range.contains(at));
            if holder.is_none() && !ends_in_0_or_255(at) {
                return Some(at);
            }
            at = holder.unwrap_or(&own).before()?;
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

    fn network(range: &str, prefix: u8, taken: &[&str]) -> Option<String> {
        let pool = NetworkPool { range: range.parse().unwrap(), prefix };
        first_network(&pool, &ranges(taken)).map(|net| net.to_string())
    }

    fn address(pool: &[&str], taken: &[&str]) -> Option<String> {
        last_address(&ranges(pool), &ranges(taken)).map(|address| address.to_string())
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
