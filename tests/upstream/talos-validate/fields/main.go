// Command talos-fields prints stdlib/versions/talos-fields.yaml: the fields of every Talos configuration document, read
// off the Go types that Talos decodes it into. Its argument is stdlib/versions/talos-documents.yaml, which names the kinds.
package main

import (
	"encoding"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
)

var (
	textUnmarshaler = reflect.TypeOf((*encoding.TextUnmarshaler)(nil)).Elem()
)

const header = `# Fields of Talos's configuration documents: ` + "`v1alpha1`" + ` and every kind, as Talos 1.14 knows them. A deprecated field is still
# here, so this holds for all older releases too, which know fewer.
#
# ` + "`scalar`" + ` is a text, number or flag; ` + "`any`" + ` is what Talos itself does not look into; ` + "`\"*\"`" + ` stands for every key of a mapping.
#
# Source: siderolabs/talos pkg/machinery v1.14.1, the YAML names of its types; written by tests/upstream/talos-validate/fields.
`

// describe says what a type holds: "scalar", "any", a list of one description, or fields by name.
func describe(t reflect.Type, seen []reflect.Type) any {
	if t.Kind() == reflect.Pointer {
		return describe(t.Elem(), seen)
	}
	if slices.Contains(seen, t) {
		return "any"
	}
	p := reflect.PointerTo(t)
	if p.Implements(textUnmarshaler) {
		return "scalar"
	}

	// A type that reads itself may read another form than its own; only what is inside a list of structs is known.
	if _, reads := p.MethodByName("UnmarshalYAML"); reads && (t.Kind() != reflect.Slice || t.Elem().Kind() == reflect.Uint8) {
		return "any"
	}

	switch t.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range t.NumField() {
			f := t.Field(i)
			tag := f.Tag.Get("yaml")
			if !f.IsExported() || tag == "-" {
				continue
			}
			name, opts, _ := strings.Cut(tag, ",")
			if strings.Contains(opts, "inline") {
				if m, ok := describe(f.Type, append(seen, t)).(map[string]any); ok {
					for k, v := range m {
						out[k] = v
					}
				}
				continue
			}
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			out[name] = describe(f.Type, append(seen, t))
		}
		if len(out) == 0 {
			// It reads itself.
			return "any"
		}
		return out
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "scalar"
		}
		return []any{describe(t.Elem(), seen)}
	case reflect.Map:
		return map[string]any{"*": describe(t.Elem(), seen)}
	case reflect.Interface:
		return "any"
	default:
		return "scalar"
	}
}

// sample is the shortest text of a kind that the loader takes.
func sample(kind string) string {
	text := "apiVersion: v1alpha1\nkind: " + kind + "\n"
	if kind == "VethConfig" {
		// It claims two links at once, which must not have the same name.
		text += "name: a\npeer: {name: b}\n"
	}
	return text
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}

	var documents struct {
		Kinds map[string][]string `yaml:"kinds"`
	}
	if err = yaml.Unmarshal(text, &documents); err != nil {
		panic(err)
	}

	out := map[string]any{"v1alpha1": describe(reflect.TypeOf(v1alpha1.Config{}), nil)}

	for _, kinds := range documents.Kinds {
		for _, kind := range kinds {
			cfg, err := configloader.NewFromBytes([]byte(sample(kind)))
			if err != nil {
				panic(err)
			}

			out[kind] = describe(reflect.TypeOf(cfg.Documents()[0]), nil)
		}
	}

	fmt.Print(header)

	encoder := yaml.NewEncoder(os.Stdout)
	encoder.SetIndent(2)

	if err = encoder.Encode(out); err != nil {
		panic(err)
	}
}
