package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// node is a place in the values.
type node struct {
	keys   map[string]*node
	closed bool // values.yaml, the schema or a subchart gives it keys
	strict bool // the schema allows no others
	whole  bool // a template hands it on as it is
	chosen bool // a template reads keys of it whose names are not known
	used   bool // a template reads it, or something below it
	below  bool // a template reads a key of it by name
}

// at is the place below a key, made where it is not known yet.
func (n *node) at(key string) *node {
	if n.keys == nil {
		n.keys = map[string]*node{}
	}
	if n.keys[key] == nil {
		n.keys[key] = &node{}
	}
	return n.keys[key]
}

type chartYAML struct {
	Name, Version, Type string
	Dependencies        []dependency
}

type dependency struct{ Name, Alias, Condition string }

func chartKeys(chart files) (*node, error) {
	var meta chartYAML
	if err := yaml.Unmarshal(chart["Chart.yaml"], &meta); err != nil {
		return nil, err
	}
	var values map[string]any
	if err := yaml.Unmarshal(chart["values.yaml"], &values); err != nil {
		return nil, err
	}
	root := &node{closed: true}
	if err := root.addSubcharts(chart, meta); err != nil {
		return nil, err
	}
	root.addValues(values)
	if text := chart["values.schema.json"]; text != nil {
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			return nil, err
		}
		root.addSchema(schema, schema, 0)
	}
	if err := readTemplates(chart, values, root); err != nil {
		return nil, err
	}
	for key, child := range root.keys {
		child.settle(key)
	}
	return root, nil
}

// addSubcharts puts the keys of each subchart under its name. The keys of one that is not there are not known.
func (n *node) addSubcharts(chart files, meta chartYAML) error {
	there := map[string]files{}
	for _, file := range sorted(chart) {
		var sub chartYAML
		folder, is := strings.CutSuffix(file, "/Chart.yaml")
		if !is || path.Dir(folder) != "charts" {
			continue
		}
		if err := yaml.Unmarshal(chart[file], &sub); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		there[sub.Name] = chart.below(folder)
		same := func(d dependency) bool { return d.Name == sub.Name }
		if sub.Type == "library" { // has templates for others and no values of its own
			meta.Dependencies = slices.DeleteFunc(meta.Dependencies, same)
		} else if !slices.ContainsFunc(meta.Dependencies, same) {
			meta.Dependencies = append(meta.Dependencies, dependency{Name: sub.Name})
		}
	}
	for _, dependency := range meta.Dependencies {
		n.at("global")
		for _, condition := range strings.Split(dependency.Condition, ",") {
			place := n
			for _, key := range strings.Split(strings.TrimSpace(condition), ".") {
				if key != "" {
					place = place.at(key)
				}
			}
		}
		place := n.at(cmp.Or(dependency.Alias, dependency.Name))
		subchart := there[dependency.Name]
		if subchart == nil {
			place.whole = true
			continue
		}
		keys, err := chartKeys(subchart)
		if err != nil {
			return fmt.Errorf("%s: %w", dependency.Name, err)
		}
		place.used = true
		for key, child := range keys.keys {
			place.closed = true
			place.at(key).take(child)
		}
	}
	return nil
}

// take copies what is settled already.
func (n *node) take(other *node) {
	n.used = true
	n.closed = len(other.keys) > 0
	n.whole = n.whole || len(other.keys) == 0
	n.strict = other.strict
	for key, child := range other.keys {
		n.at(key).take(child)
	}
}

func (n *node) addValues(values any) {
	switch values := values.(type) {
	case map[string]any:
		for key, value := range values {
			n.at(key).addValues(value)
			n.closed = true
		}
	case map[any]any:
		for key, value := range values {
			n.at(fmt.Sprint(key)).addValues(value)
			n.closed = true
		}
	}
}

// addSchema follows references within the schema; depth ends one that contains itself.
func (n *node) addSchema(schema, root map[string]any, depth int) {
	if depth > 20 {
		return
	}
	if ref, is := schema["$ref"].(string); is && strings.HasPrefix(ref, "#/") {
		target := any(root)
		for _, step := range strings.Split(ref[2:], "/") {
			within, _ := target.(map[string]any)
			target = within[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
		}
		if target, is := target.(map[string]any); is {
			n.addSchema(target, root, depth+1)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for key, property := range properties {
		n.closed = true
		if property, is := property.(map[string]any); is {
			n.at(key).addSchema(property, root, depth+1)
		} else {
			n.at(key)
		}
	}
	if others, is := schema["additionalProperties"].(bool); is && !others && len(properties) > 0 {
		n.strict = true
	}
	for _, combination := range []string{"allOf", "anyOf", "oneOf"} {
		parts, _ := schema[combination].([]any)
		for _, part := range parts {
			if part, is := part.(map[string]any); is {
				n.addSchema(part, root, depth+1)
			}
		}
	}
}

// Names of maps whose keys in values.yaml are examples.
var examples = regexp.MustCompile(`(?i)^(.*labels|.*annotations|.*nodeselector|.*affinity|.*tolerations?` +
	`|.*securitycontext|.*resources|env|extra.*|.*args|.*config|data)$`)

// settle drops the keys of each place that may have others.
func (n *node) settle(name string) {
	free := !n.closed || n.whole || !n.used || name == "global" ||
		!n.below && (n.chosen || examples.MatchString(name))
	if free && !n.strict {
		n.keys = nil
	}
	for key, child := range n.keys {
		child.settle(key)
	}
}

func sorted[V any](from map[string]V) []string {
	return slices.Sorted(maps.Keys(from))
}
