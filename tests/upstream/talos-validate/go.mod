// Only marks the root of the module. The dependencies are in minors/*.mod, one file for each Talos minor.
module talos-validate

go 1.26
