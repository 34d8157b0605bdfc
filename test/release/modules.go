package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"fmt"
	"slices"
)

// module is a Go module that a program is linked with.
type module struct {
	path, version string
	// sum is what go.sum has of it. Go's own library has none.
	sum string
}

// stdlib is the name of Go's own library, as the database of Go's vulnerabilities has it.
const stdlib = "stdlib"

// modulesOf returns what is linked into Go programs, in order and each once: their modules, as replaced, and Go's own library. The
// programs themselves tell it, and not a list of what might be in them.
func modulesOf(programs ...[]byte) ([]module, error) {
	var found []module
	for _, program := range programs {
		info, err := buildinfo.Read(bytes.NewReader(program))
		if err != nil {
			return nil, fmt.Errorf("reading what a program was built from: %w", err)
		}
		found = append(found, module{path: stdlib, version: info.GoVersion})
		for _, dependency := range info.Deps {
			if dependency.Replace != nil {
				dependency = dependency.Replace
			}
			found = append(found, module{dependency.Path, dependency.Version, dependency.Sum})
		}
	}
	slices.SortFunc(found, func(a, b module) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.version, b.version))
	})
	return slices.Compact(found), nil
}
