# The clouds in the pages of rules, bad ones and good ones, as files in `to`. A fence ```yaml NAME is completed by the sections that it
# lacks, from docs/rules/clouds/NAME.yaml.
function complete(path, line, key, skip) {
  while ((getline line < path) > 0) {
    if (line ~ /^[A-Za-z]/) { key = line; sub(/:.*/, "", key); skip = key in has }
    if (!skip) print line > out
  }
  close(path)
}
/^```yaml( (one|tenants))?$/ && !on { on = 1; base = $2; out = to "/" ++count; split("", has); next }
/^```/ { if (on && base) complete("../docs/rules/clouds/" base ".yaml"); if (on) close(out); on = 0 }
on { if ($0 ~ /^[A-Za-z]/) { key = $0; sub(/:.*/, "", key); has[key] } print > out }
