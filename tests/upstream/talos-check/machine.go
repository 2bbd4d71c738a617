package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
)

// metalMode is what talosctl gets from runtime.ParseMode("metal"); that package
// is internal to Talos, and only these three methods matter to validation.
type metalMode struct{}

func (metalMode) String() string        { return "metal" }
func (metalMode) RequiresInstall() bool { return true }
func (metalMode) InContainer() bool     { return false }

// machineCommand does what `talosctl validate -m metal -c FILE` does, for many files.
func machineCommand(args []string) int {
	flags := flag.NewFlagSet("talos-check machine", flag.ExitOnError)
	strict := flags.Bool("strict", false, "treat warnings as errors, as talosctl validate --strict")
	flags.Parse(args) //nolint:errcheck // ExitOnError

	if flags.NArg() == 0 {
		fmt.Fprint(os.Stderr, usage)

		return 2
	}

	status := 0

	for _, file := range flags.Args() {
		warnings, err := validateMachine(file, *strict)

		for _, warning := range warnings {
			report(os.Stdout, file, "warning", warning)
		}

		if err != nil {
			for _, message := range flatten(err) {
				report(os.Stdout, file, "error", message)
			}

			status = 1

			continue
		}

		fmt.Printf("%s: ok\n", file)
	}

	return status
}

func validateMachine(file string, strict bool) ([]string, error) {
	cfg, err := configloader.NewFromFile(file)
	if err != nil {
		return nil, err
	}

	opts := []validation.Option{validation.WithLocal()}
	if strict {
		opts = append(opts, validation.WithStrict())
	}

	return cfg.Validate(metalMode{}, opts...)
}

// report prints a message, with the file and the kind before each of its lines.
func report(w io.Writer, file, kind, message string) {
	for line := range strings.Lines(strings.TrimRight(message, "\n")) {
		fmt.Fprintf(w, "%s: %s: %s\n", file, kind, strings.TrimRight(line, "\n"))
	}
}

// flatten lists the single errors in err, each with the text that wraps it.
func flatten(err error) []string {
	var multi *multierror.Error

	if !errors.As(err, &multi) {
		return []string{err.Error()}
	}

	prefix, wrapped := strings.CutSuffix(err.Error(), multi.Error())
	if !wrapped {
		return []string{err.Error()}
	}

	var messages []string

	for _, inner := range multi.Errors {
		for _, message := range flatten(inner) {
			messages = append(messages, prefix+message)
		}
	}

	return messages
}
