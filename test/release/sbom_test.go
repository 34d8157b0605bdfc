package main

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
)

// This test is a Go program itself, with modules whose licences are known.
func TestBill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := modulesOf(program, program)
	if err != nil {
		t.Fatal(err)
	}
	found, err := findLicences(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	b := bill{number: "1.2.3", at: at, url: "https://example.com/v1.2.3", licenceOf: found.of}
	content, err := b.of(subject{name: "namesake", fileName: "image.tar", content: program, digest: "sha256:ab"}, modules)
	if err != nil {
		t.Fatal(err)
	}
	var document v2_3.Document
	if err := json.ReadInto(bytes.NewReader(content), &document); err != nil {
		t.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(&document); err != nil {
		t.Error(err)
	}
	if document.SPDXVersion != "SPDX-2.3" || document.CreationInfo.Created != "2026-11-28T02:00:00Z" {
		t.Errorf("it is %s of %s", document.SPDXVersion, document.CreationInfo.Created)
	}
	for name, want := range map[string]struct{ purl, licence string }{
		"namesake":                               {"pkg:oci/namesake@sha256:ab", "Apache-2.0"},
		"stdlib":                                 {"", "BSD-3-Clause"},
		"github.com/google/go-containerregistry": {"pkg:golang/github.com/google/go-containerregistry@v0.22.1", "Apache-2.0"},
		"github.com/package-url/packageurl-go":   {"pkg:golang/github.com/package-url/packageurl-go@v0.1.7", "MIT"},
		"golang.org/x/mod":                       {"", "BSD-3-Clause"},
	} {
		i := slices.IndexFunc(document.Packages, func(p *v2_3.Package) bool { return p.PackageName == name })
		if i < 0 {
			t.Errorf("it lacks %s", name)
			continue
		}
		p := document.Packages[i]
		if p.PackageLicenseDeclared != want.licence {
			t.Errorf("%s is under %s, want %s", name, p.PackageLicenseDeclared, want.licence)
		}
		if locator := p.PackageExternalReferences[0].Locator; want.purl != "" && locator != want.purl {
			t.Errorf("%s is %s, want %s", name, locator, want.purl)
		}
	}
	// Each package is named once: the document itself, and what is in the subject.
	if got, want := len(document.Relationships), len(document.Packages); got != want {
		t.Errorf("%d relationships of %d packages", got, want)
	}
}

// What has no build information is no program of Go: nothing is said of it.
func TestModulesOfSomethingElse(t *testing.T) {
	if _, err := modulesOf([]byte("#!/bin/sh\n")); err == nil {
		t.Error("a shell script has modules")
	}
}

func TestLicenceOf(t *testing.T) {
	apache, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions: The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS
OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING
FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
	for name, test := range map[string]struct{ text, want string }{
		"one":                   {string(apache), "Apache-2.0"},
		"two":                   {mit + "\n\n" + string(apache), "Apache-2.0 AND MIT"},
		"one, and other words":  {mit + string(bytes.Repeat([]byte("You may not use it on Sundays. "), 60)), unknown},
		"nothing that is known": {"Do what you want.", unknown},
		"nothing":               {"", unknown},
	} {
		t.Run(name, func(t *testing.T) {
			if got := licenceOf([]byte(test.text)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
