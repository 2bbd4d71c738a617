package main

import (
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	chart := files{
		"Chart.yaml": []byte("name: one\ndependencies:\n- {name: two, alias: second, condition: second.on}\n- {name: far}\n"),
		"values.yaml": []byte(`
cgroup: {autoMount: {enabled: true}, hostRoot: /sys}
probe: {path: /, port: 80}
nodeSelector: {disk: ssd}
securityContext: {capabilities: [SYS_ADMIN]}
image: {tag: a}
class: {name: x}
parts: {a: {size: 1}, b: {size: 2}}
rules: {first: {on: true}}
nobody: {reads: this}
text: "{{ .Values.image.digest }}"
`),
		"values.schema.json": []byte(`{"properties": {"mode": {"$ref": "#/$defs/mode"},
			"level": {"properties": {"a": {}}, "additionalProperties": false}},
			"$defs": {"mode": {"properties": {"kind": {"type": "string"}}}}}`),
		"templates/a.yaml": []byte(`
{{- with .Values.cgroup }}{{ .autoMount.enabled }}{{ .autoMount.resources | toYaml }}{{ end }}
{{- toYaml .Values.probe }}{{ toYaml .Values.level }}{{ .Values.securityContext.capabilities }}
{{- include "image" (dict "it" .Values.image "root" $) }}
{{- range list "a" "b" }}{{ $part := index $.Values.parts . }}{{ $part.shape }}{{ end }}
{{- range $name, $rule := .Values.rules }}{{ $rule.off }}{{ end }}
{{- $all := dict .Values.class.name .Values }}{{ range $k, $v := $all }}{{ $v.class.kind }}{{ end }}
{{- if .Values.mode.kind }}{{ end }}
`),
		"templates/_image.tpl":        []byte(`{{ define "image" }}{{ .it.repository }}{{ .root.Values.registry }}{{ end }}`),
		"charts/two/Chart.yaml":       []byte("name: two\n"),
		"charts/two/values.yaml":      []byte("port: {number: 1}\n"),
		"charts/two/templates/a.yaml": []byte("{{ .Values.port.number }}"),
	}
	const want = `  cgroup: {autoMount: {enabled, resources}, hostRoot}
  class: {kind, name}
  far:
  global:
  image: {digest, repository, tag}
  level: {a}
  mode: {kind}
  nobody:
  nodeSelector:
  parts: {a: {shape, size}, b: {shape, size}}
  probe:
  registry:
  rules:
  second: {"on", port: {number}}
  securityContext: {capabilities}
  text:
`
	root, err := chartKeys(chart)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if root.print(&got, 1); got.String() != want {
		t.Errorf("got:\n%s", got.String())
	}
}
