// Command talos-check-schematic prints the Image Factory ID of schematic files.
//
// It reads, checks and hashes them as the public factory does for POST /schematics.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/siderolabs/image-factory/pkg/schematic"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: talos-check-schematic FILE...")
		os.Exit(2)
	}

	status := 0

	for _, file := range os.Args[1:] {
		id, err := schematicID(file)
		if err != nil {
			prefix := file + ": error: "
			fmt.Println(prefix + strings.ReplaceAll(err.Error(), "\n", "\n"+prefix))

			status = 1

			continue
		}

		fmt.Printf("%s: %s\n", file, id)
	}

	os.Exit(status)
}

func schematicID(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}

	cfg, err := schematic.Unmarshal(data)
	if err != nil {
		return "", err
	}

	if err := cfg.Validate(false); err != nil { // false: not the Enterprise edition
		return "", err
	}

	return cfg.ID()
}
