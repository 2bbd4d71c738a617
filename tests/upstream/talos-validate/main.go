// Command talos-validate does what `talosctl validate -m MODE -c FILE` of one Talos minor does, for many files.
//
// ../build builds it once for each minor. Loader, validation and its options have kept their names since 1.6,
// so one source suits all of them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
)

// mode is what talosctl gets from runtime.ParseMode("metal" or "cloud"); that package
// is internal to Talos, and only these three methods matter to validation.
type mode string

func (m mode) String() string        { return string(m) }
func (m mode) RequiresInstall() bool { return m == "metal" }
func (mode) InContainer() bool       { return false }

func main() {
	strict := flag.Bool("strict", false, "treat warnings as errors, as talosctl validate --strict")
	cloud := flag.Bool("cloud", false, "the mode of virtual machines, which boot an installed disk; otherwise metal")
	flag.Usage = func() {
		fmt.Fprintf(os.Stderr, "usage: %s [--strict] [--cloud] FILE...\n", os.Args[0])
		flag.PrintDefaults()
	}
	flag.Parse()

	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}

	status, of := 0, mode("metal")
	if *cloud {
		of = "cloud"
	}

	for _, file := range flag.Args() {
		warnings, err := validate(file, of, *strict)

		for _, warning := range warnings {
			report(file, "warning", warning)
		}

		if err != nil {
			for _, message := range flatten(err) {
				report(file, "error", message)
			}

			status = 1

			continue
		}

		fmt.Printf("%s: ok\n", file)
	}

	os.Exit(status)
}

func validate(file string, of mode, strict bool) ([]string, error) {
	cfg, err := configloader.NewFromFile(file)
	if err != nil {
		return nil, err
	}

	opts := []validation.Option{validation.WithLocal()}
	if strict {
		opts = append(opts, validation.WithStrict())
	}

	// talosctl 1.14 calls it ValidateAsClient; Validate is the same there, and the only name before.
	return cfg.Validate(of, opts...)
}

// report prints a message, with the file and the kind before each of its lines.
func report(file, kind, message string) {
	for line := range strings.Lines(strings.TrimRight(message, "\n")) {
		fmt.Printf("%s: %s: %s\n", file, kind, strings.TrimRight(line, "\n"))
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
