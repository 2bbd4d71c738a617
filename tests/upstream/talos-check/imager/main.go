// Command talos-check-imager checks imager profiles as the Talos imager does,
// but reads them strictly: the imager itself ignores unknown keys.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/siderolabs/talos/pkg/imager/profile"
	"github.com/siderolabs/talos/pkg/machinery/config/merge"
	"github.com/siderolabs/talos/pkg/machinery/version"
	"go.yaml.in/yaml/v4"
)

func main() {
	dump := flag.Bool("dump", false, "print the resolved profile instead of \"FILE: ok\"")

	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: talos-check-imager [--dump] FILE...")
		flag.PrintDefaults()
	}
	flag.Parse()

	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}

	status := 0

	for _, file := range flag.Args() {
		prof, err := check(file)

		switch {
		case err != nil:
			prefix := file + ": error: "
			fmt.Println(prefix + strings.ReplaceAll(err.Error(), "\n", "\n"+prefix))

			status = 1
		case *dump:
			if err := prof.Dump(os.Stdout); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		default:
			fmt.Printf("%s: ok\n", file)
		}
	}

	os.Exit(status)
}

func check(file string) (*profile.Profile, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}

	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)

	var prof profile.Profile

	if err := decoder.Decode(&prof); err != nil {
		return nil, err
	}

	// the imager reads one document and stops
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one YAML document")
	}

	return resolve(prof)
}

// resolve is Imager.handleProf of Talos, without the profiles an overlay image can bring.
func resolve(prof profile.Profile) (*profile.Profile, error) {
	if prof.BaseProfileName != "" {
		baseProfile, ok := profile.Default[prof.BaseProfileName]
		if !ok {
			return nil, fmt.Errorf("unknown base profile: %s", prof.BaseProfileName)
		}

		baseProfile = baseProfile.DeepCopy()

		if err := merge.Merge(&baseProfile, &prof); err != nil {
			return nil, err
		}

		prof = baseProfile
		prof.BaseProfileName = ""
	}

	if prof.Name == "" {
		prof.Name = version.Name
	}

	if prof.Version == "" {
		prof.Version = version.Tag
	}

	prof.Input.FillDefaults(prof.Arch, prof.Version, prof.SecureBootEnabled())
	prof.Output.FillDefaults(prof.Arch, prof.Version, prof.SecureBootEnabled())

	if err := prof.Validate(); err != nil {
		return nil, fmt.Errorf("profile is invalid: %w", err)
	}

	return &prof, nil
}
