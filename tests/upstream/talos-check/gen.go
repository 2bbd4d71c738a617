package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"strings"

	sideronet "github.com/siderolabs/net"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/gendata"
	"github.com/siderolabs/talos/pkg/machinery/version"
)

// genOptions are the flags of talosctl gen config that we need; the defaults are the same.
type genOptions struct {
	secrets            string
	cluster            string
	endpoint           string
	kubernetes         string
	talosVersion       string
	machineType        string
	installDisk        string
	installImage       string
	placeholderSecrets bool
}

// genCommand prints what `talosctl gen config --with-secrets` writes for one machine
// type with --with-docs=false --with-examples=false.
func genCommand(args []string) int {
	var opts genOptions

	defaultInstaller := fmt.Sprintf("%s/%s/installer:%s", gendata.ImagesRegistry, gendata.ImagesUsername, version.Tag)

	flags := flag.NewFlagSet("talos-check gen", flag.ExitOnError)
	flags.StringVar(&opts.secrets, "secrets", "", "secrets bundle, as made by talosctl gen secrets")
	flags.StringVar(&opts.cluster, "cluster", "", "cluster name")
	flags.StringVar(&opts.endpoint, "endpoint", "", "control plane endpoint, https://host:port")
	flags.StringVar(&opts.kubernetes, "kubernetes", constants.DefaultKubernetesVersion, "Kubernetes version")
	flags.StringVar(&opts.talosVersion, "talos-version", "", "Talos version contract; empty means that of the library")
	flags.StringVar(&opts.machineType, "type", "", "controlplane or worker")
	flags.StringVar(&opts.installDisk, "install-disk", "/dev/sda", "disk to install to; may be empty")
	flags.StringVar(&opts.installImage, "install-image", defaultInstaller, "installer image; may be empty")
	flags.BoolVar(&opts.placeholderSecrets, "placeholder-secrets", false,
		"skip the check of the secrets bundle that talosctl does (its certificates must parse)")
	flags.Parse(args) //nolint:errcheck // ExitOnError

	if flags.NArg() != 0 || opts.secrets == "" || opts.cluster == "" || opts.endpoint == "" || opts.machineType == "" {
		fmt.Fprint(os.Stderr, usage)

		return 2
	}

	data, err := generateConfig(opts)
	if err == nil {
		_, err = os.Stdout.Write(data)
	}

	if err != nil {
		fmt.Fprintln(os.Stderr, "talos-check gen: error:", err)

		return 1
	}

	return 0
}

func generateConfig(opts genOptions) ([]byte, error) {
	if err := checkEndpoint(opts.endpoint); err != nil {
		return nil, err
	}

	machineType, err := machine.ParseType(opts.machineType)
	if err != nil {
		return nil, err
	}

	if machineType != machine.TypeControlPlane && machineType != machine.TypeWorker {
		return nil, fmt.Errorf("type must be controlplane or worker, not %q", opts.machineType)
	}

	contract, err := parseContract(opts.talosVersion)
	if err != nil {
		return nil, err
	}

	bundle, err := secrets.LoadBundle(opts.secrets)
	if err != nil {
		return nil, fmt.Errorf("failed to load secrets bundle: %w", err)
	}

	if !opts.placeholderSecrets {
		if err := bundle.Validate(contract); err != nil {
			return nil, fmt.Errorf("failed to validate secrets bundle: %w", err)
		}
	}

	genOpts := []generate.Option{
		generate.WithVersionContract(contract),
		generate.WithSecretsBundle(bundle),
		generate.WithInstallDisk(opts.installDisk),
		generate.WithInstallImage(opts.installImage),
		generate.WithAdditionalSubjectAltNames(nil),
		generate.WithDNSDomain("cluster.local"),
		generate.WithClusterDiscovery(true),
	}

	// talosctl goes through bundle.NewBundle, which does the same and also issues
	// a talosconfig; that needs a real CA, so it is left out.
	input, err := generate.NewInput(opts.cluster, opts.endpoint, strings.TrimPrefix(opts.kubernetes, "v"), genOpts...)
	if err != nil {
		return nil, err
	}

	cfg, err := input.Config(machineType)
	if err != nil {
		return nil, err
	}

	return cfg.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
}

// checkEndpoint refuses what talosctl gen config refuses as cluster endpoint.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("failed to parse the cluster endpoint URL: %w", err)
	}

	if u.Scheme != "https" {
		return errors.New("the control plane endpoint URL should have scheme https://")
	}

	if err := sideronet.ValidateEndpointURI(endpoint); err != nil {
		return fmt.Errorf("error validating the cluster endpoint URL: %w", err)
	}

	return nil
}
