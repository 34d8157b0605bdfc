package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
	modules "golang.org/x/mod/module"
)

const (
	// unknown is what SPDX has for "we do not say".
	unknown = "NOASSERTION"
	// mostOf is the share of a file, in percent, that must be the text of known licences.
	mostOf = 75
)

// spdx are the licences whose names are SPDX's. (https://spdx.org/licenses/; licensecheck has names of its own for some others.)
var spdx = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib"}

// licenceOf returns the SPDX expression for the text of a licence, or unknown if more than a quarter of it is something else. A file
// with several licences is under all of them.
func licenceOf(text []byte) string {
	scan := licensecheck.Scan(text)
	if scan.Percent < mostOf {
		return unknown
	}
	var found []string
	for _, match := range scan.Match {
		if match.IsURL {
			continue
		}
		if !slices.Contains(spdx, match.ID) {
			return unknown
		}
		found = append(found, match.ID)
	}
	if len(found) == 0 {
		return unknown
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " AND ")
}

// licences finds the licences that modules declare, in the folders where Go has them.
type licences struct {
	cache, goroot string
}

func findLicences(ctx context.Context, source string) (licences, error) {
	folders, err := output(ctx, source, nil, "go", "env", "GOMODCACHE", "GOROOT")
	if err != nil {
		return licences{}, err
	}
	cache, goroot, _ := strings.Cut(strings.TrimSpace(string(folders)), "\n")
	return licences{cache: cache, goroot: goroot}, nil
}

// of returns the licence that a module declares in its root folder, or unknown.
func (l licences) of(m module) string {
	dir := l.goroot
	if m.path != stdlib {
		path, err := modules.EscapePath(m.path)
		if err != nil {
			return unknown
		}
		version, err := modules.EscapeVersion(m.version)
		if err != nil {
			return unknown
		}
		dir = filepath.Join(l.cache, filepath.FromSlash(path)+"@"+version)
	}
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "COPYING", "License"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return licenceOf(text)
		}
	}
	return unknown
}
