package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"go.yaml.in/yaml/v4"
)

// bundleCommand prints a fresh secrets bundle, as `talosctl gen secrets` writes it.
func bundleCommand(args []string) int {
	flags := flag.NewFlagSet("talos-check bundle", flag.ExitOnError)
	version := flags.String("contract", "", "Talos version contract; empty means that of the library")
	flags.Parse(args) //nolint:errcheck // ExitOnError

	if flags.NArg() != 0 {
		fmt.Fprint(os.Stderr, usage)

		return 2
	}

	data, err := newBundle(*version)
	if err == nil {
		_, err = os.Stdout.Write(data)
	}

	if err != nil {
		fmt.Fprintln(os.Stderr, "talos-check bundle: error:", err)

		return 1
	}

	return 0
}

func newBundle(version string) ([]byte, error) {
	contract, err := parseContract(version)
	if err != nil {
		return nil, err
	}

	bundle, err := secrets.NewBundle(secrets.NewClock(), contract)
	if err != nil {
		return nil, err
	}

	return yaml.Marshal(bundle)
}

// parseContract reads "1.13" or "v1.13.9"; empty gives nil, which upstream takes for its own version.
func parseContract(version string) (*config.VersionContract, error) {
	if version == "" {
		return nil, nil
	}

	contract, err := config.ParseContractFromVersion(version)
	if err != nil {
		return nil, fmt.Errorf("invalid Talos version %q: %w", version, err)
	}

	return contract, nil
}
