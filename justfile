# What CI runs.
ready:
    .ci/run

# Hands what every example and a generated corpus compile to to upstream's own code.
conformance:
    tests/upstream/run

# Measures commands on clouds of 10 to 10,000 machines, and writes the figures of docs/performance.md.
benchmark:
    cargo bench --locked --bench scale

# Writes the checked-in schemas, Renovate's table of components and the snapshots anew; read the diff.
regenerate:
    cargo run --quiet -- schema cloud > schema/cloud.schema.json
    cargo run --quiet -- schema component > schema/component.schema.json
    SNAPSHOTS=overwrite cargo test --quiet renovate
    for example in one home cozy; do cargo run --quiet -- update -f examples/$example/cloud.yaml && cargo run --quiet -- build -f examples/$example/cloud.yaml -o snapshots/$example; done

# Licences, bans, sources and advisories of all crates.
deny:
    packaging/deny

# What is published of this commit, in dist/, and whether it can be used.
release:
    packaging/release
    packaging/check

# Whether a commit gives the same bytes twice; minutes.
reproduce commit="HEAD":
    packaging/reproduce {{commit}}

# Fuzzes one target, or `all` of them; docs/robustness.md lists them.
fuzz target="all" seconds="60":
    fuzz/run {{target}} {{seconds}}
