package main

import (
	"fmt"
	"maps"
	"path"
	"strconv"
	"strings"
	"text/template/parse"
)

// value is what an expression of a template may be: places in the values, the context of the chart, a dictionary or a list
// that the template makes, a word.
type value struct {
	places  []*node
	context bool
	dict    map[string]*value
	hides   bool // what the dictionary has is never read from the places
	list    []*value
	words   []string
}

// anyKey stands in a dictionary for keys that are not known.
const anyKey = "*"

type reader struct {
	root    *node
	defined map[string]*parse.Tree
	done    map[string]bool
}

type scope map[string]*value

// readTemplates marks what the templates of a chart do with its values. A text among the values may be a template too.
func readTemplates(chart files, values any, root *node) error {
	chart = maps.Clone(chart)
	chart.addTexts(values, "values")
	r := reader{root, map[string]*parse.Tree{}, map[string]bool{}}
	var texts, own []string
	for _, name := range sorted(chart) {
		folder, _, _ := strings.Cut(name, "/")
		below := strings.HasPrefix(name, "charts/") && strings.Contains(name, "/templates/")
		if folder == "crds" || folder == "ci" || !below && (folder == "charts" || folder == name) {
			continue
		}
		tree := parse.New(name)
		tree.Mode = parse.SkipFuncCheck
		trees := map[string]*parse.Tree{}
		if _, err := tree.Parse(string(chart[name]), "", "", trees); err != nil && strings.Contains("/"+name, "/templates/") {
			return err
		} else if err != nil {
			continue // no template
		}
		if below {
			delete(trees, name)
		} else {
			texts = append(texts, name)
			own = append(own, sorted(trees)...)
		}
		maps.Copy(r.defined, trees)
	}
	context := &value{context: true}
	for _, name := range texts {
		r.run(name, context)
	}
	// Those that are included by a name that is put together.
	for _, name := range own {
		if !r.done["ran "+name] {
			r.run(name, context)
		}
	}
	return nil
}

func (f files) addTexts(values any, name string) {
	switch values := values.(type) {
	case string:
		f[name] = []byte(values)
	case map[string]any:
		for key, value := range values {
			f.addTexts(value, name+"/"+key)
		}
	case []any:
		for i, value := range values {
			f.addTexts(value, fmt.Sprintf("%s/%d", name, i))
		}
	}
}

func (r *reader) run(name string, dot *value) {
	tree, once := r.defined[name], name+" "+dot.String(0)
	if tree == nil || tree.Root == nil || len(once) > 20000 {
		dot.hand()
		return
	}
	if r.done[once] {
		return
	}
	r.done[once], r.done["ran "+name] = true, true
	r.walk(tree.Root, dot, scope{"$": dot})
}

func (r *reader) walk(n parse.Node, dot *value, vars scope) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				r.walk(child, dot, vars)
			}
		}
	case *parse.ActionNode:
		r.pipe(n.Pipe, dot, vars)
	case *parse.IfNode:
		inner := maps.Clone(vars)
		r.pipe(n.Pipe, dot, inner)
		r.walk(n.List, dot, maps.Clone(inner))
		r.walk(n.ElseList, dot, maps.Clone(inner))
	case *parse.WithNode:
		inner := maps.Clone(vars)
		r.walk(n.List, r.pipe(n.Pipe, dot, inner), inner)
		r.walk(n.ElseList, dot, maps.Clone(vars))
	case *parse.RangeNode:
		v, inner := r.pipe(&parse.PipeNode{Cmds: n.Pipe.Cmds}, dot, vars), maps.Clone(vars)
		for _, place := range v.places {
			place.whole = true
		}
		element, key := union(v.list...), &value{}
		for _, name := range sorted(v.dict) {
			element = union(element, v.dict[name])
			if v.dict[anyKey] == nil {
				key.words = append(key.words, name)
			}
		}
		for i, variable := range n.Pipe.Decl {
			inner[variable.Ident[0]] = []*value{key, element}[i+2-len(n.Pipe.Decl)]
		}
		r.walk(n.List, element, inner)
		r.walk(n.ElseList, dot, maps.Clone(vars))
	case *parse.TemplateNode:
		r.run(n.Name, r.pipe(n.Pipe, dot, vars))
	}
}

func (r *reader) pipe(n *parse.PipeNode, dot *value, vars scope) *value {
	var v *value
	if n == nil {
		return &value{}
	}
	for _, command := range n.Cmds {
		var args []*value
		for _, arg := range command.Args[1:] {
			args = append(args, r.operand(arg, dot, vars))
		}
		if v != nil {
			args = append(args, v)
		}
		if function, is := command.Args[0].(*parse.IdentifierNode); is {
			v = r.call(function.Ident, args)
		} else {
			v = r.operand(command.Args[0], dot, vars)
		}
	}
	for _, variable := range n.Decl {
		if old := vars[variable.Ident[0]]; n.IsAssign && old != nil {
			known := len(old.words) > 0 && len(v.words) > 0
			if *old = *union(old, v); !known {
				old.words = nil
			}
		} else {
			// A copy, as a later assignment must not reach what was assigned.
			vars[variable.Ident[0]] = union(v)
		}
	}
	return v
}

func (r *reader) operand(n parse.Node, dot *value, vars scope) *value {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return r.field(dot, n.Ident...)
	case *parse.VariableNode:
		return r.field(union(vars[n.Ident[0]]), n.Ident[1:]...)
	case *parse.ChainNode:
		return r.field(r.operand(n.Node, dot, vars), n.Field...)
	case *parse.PipeNode:
		return r.pipe(n, dot, vars)
	case *parse.NumberNode:
		return &value{words: []string{n.Text}}
	case *parse.StringNode:
		return &value{words: []string{n.Text}}
	case *parse.IdentifierNode:
		return r.call(n.Ident, nil)
	}
	return &value{}
}

// field reads a key of whatever the value may be.
func (r *reader) field(v *value, names ...string) *value {
	for _, name := range names {
		if name == "AsMap" {
			continue
		}
		next := union(v.dict[name], v.dict[anyKey])
		if name == "Values" && v.dict[name] == nil && (v.context || len(v.places) == 0) {
			next.places = append(next.places, r.root)
		}
		places := v.places
		if v.hides && v.dict[name] != nil {
			places = nil
		}
		for _, place := range places {
			place.used, place.below = true, true
			child := place.at(name)
			child.used = true
			next.places = append(next.places, child)
		}
		v = next
	}
	return v
}

// key reads a key whose name is an expression, or an element of a list. Where it is not known, any may be read.
func (r *reader) key(v *value, name *value) *value {
	out := &value{}
	for _, word := range name.words {
		if i, err := strconv.Atoi(word); err != nil {
			out = union(out, r.field(v, word))
		} else if i >= 0 && i < len(v.list) {
			out = union(out, v.list[i])
		}
	}
	if len(name.words) == 0 || len(name.places) > 0 {
		out = union(out, union(v.list...))
		for _, place := range v.places {
			place.used, place.chosen = true, true
			for _, key := range sorted(place.keys) {
				out.places = append(out.places, place.keys[key])
			}
		}
	}
	return out
}

func (r *reader) call(function string, args []*value) *value {
	arg := func(i int) *value {
		if i >= 0 && i < len(args) {
			return args[i]
		}
		return &value{}
	}
	switch function {
	case "dict":
		out := &value{dict: map[string]*value{}}
		for i := 0; i+1 < len(args); i += 2 {
			for _, word := range args[i].words {
				out.dict[word] = args[i+1]
			}
			if len(args[i].words) == 0 {
				out.dict[anyKey] = union(out.dict[anyKey], args[i+1])
			}
		}
		return out
	case "list", "tuple":
		return &value{list: args}
	case "append", "mustAppend", "prepend":
		return &value{list: append([]*value{arg(1)}, arg(0).list...), places: arg(0).places}
	case "first", "last", "mustFirst", "mustLast":
		return union(append([]*value{{places: arg(0).places}}, arg(0).list...)...)
	case "index", "get", "hasKey":
		v := arg(0)
		for _, name := range args[min(1, len(args)):] {
			v = r.key(v, name)
		}
		return v
	case "dig":
		v := arg(len(args) - 1)
		for _, name := range args[:max(0, len(args)-2)] {
			v = r.key(v, name)
		}
		return union(v, arg(len(args)-2))
	case "pluck":
		out := &value{}
		for _, v := range args[min(1, len(args)):] {
			out.list = append(out.list, r.key(v, arg(0)))
		}
		return out
	case "set":
		if arg(0).dict == nil {
			arg(2).hand()
		}
		for _, word := range arg(1).words {
			if arg(0).dict != nil {
				arg(0).dict[word] = union(arg(0).dict[word], arg(2))
			}
		}
		return arg(0)
	case "include":
		for _, word := range arg(0).words {
			r.run(word, arg(1))
		}
		if len(arg(0).words) == 0 {
			arg(1).hand()
		}
		return &value{}
	case "default", "coalesce", "ternary", "required", "or", "and", "omit", "mergeOverwrite", "mustMergeOverwrite",
		"merge", "mustMerge", "deepCopy", "mustDeepCopy", "concat", "uniq", "compact", "without":
		out := union(args...)
		out.words, out.hides = nil, out.hides || strings.HasSuffix(strings.ToLower(function), "merge") && arg(0).dict != nil
		return out
	case "pick":
		out := &value{dict: map[string]*value{}}
		for _, name := range args[min(1, len(args)):] {
			for _, word := range name.words {
				out.dict[word] = r.field(arg(0), word)
			}
		}
		return out
	case "eq", "ne", "not", "empty", "len", "kindIs", "kindOf", "typeOf", "typeIs", "typeIsLike", "fail", "lookup",
		"unset", "tpl":
		return &value{}
	}
	for _, v := range args {
		v.hand()
	}
	return &value{}
}

// hand marks what goes out of sight as a whole. The values themselves stay closed all the same.
func (v *value) hand() { v.handBelow(0) }

func (v *value) handBelow(depth int) {
	for _, place := range v.places {
		place.whole, place.used = true, true
	}
	if depth < 10 {
		for _, child := range v.list {
			child.handBelow(depth + 1)
		}
		for _, child := range v.dict {
			child.handBelow(depth + 1)
		}
	}
}

func union(values ...*value) *value {
	out := &value{}
	seen := map[*node]bool{}
	for _, v := range values {
		if v == nil {
			continue
		}
		for _, place := range v.places {
			if !seen[place] {
				out.places = append(out.places, place)
			}
			seen[place] = true
		}
		out.context, out.hides = out.context || v.context, out.hides || v.hides
		out.list = append(out.list, v.list...)
		out.words = append(out.words, v.words...)
		if out.dict == nil {
			out.dict = v.dict
		} else if v.dict != nil {
			out.dict = maps.Clone(out.dict)
			maps.Copy(out.dict, v.dict)
		}
	}
	return out
}

// String tells values apart, for a template that is run again.
func (v *value) String(depth int) string {
	if depth > 5 {
		return "…"
	}
	out := fmt.Sprint(v.context, v.places, v.words)
	for _, child := range v.list {
		out += "," + child.String(depth+1)
	}
	for _, name := range sorted(v.dict) {
		out += path.Join(name, "=") + v.dict[name].String(depth+1)
	}
	return out
}
