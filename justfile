# What CI runs.
ready:
    .ci/run

# Writes the checked-in schemas and snapshots anew; read the diff.
regenerate:
    cargo run --quiet -- schema cloud > schema/cloud.schema.json
    cargo run --quiet -- schema component > schema/component.schema.json
    for example in one home cozy; do cargo run --quiet -- build -f examples/$example/cloud.yaml -o snapshots/$example; done
