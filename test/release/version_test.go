package main

import (
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	for name, test := range map[string]struct {
		version string
		dirty   bool
		want    string
		refused string
	}{
		"a release":                       {version: "v1.2.3", want: "1.2.3"},
		"one before it":                   {version: "v1.2.3-rc.1", want: "1.2.3-rc.1"},
		"changes that are not committed":  {version: "v1.2.3", dirty: true, want: "1.2.3-dirty"},
		"the same, before a release":      {version: "v1.2.3-rc.1", dirty: true, want: "1.2.3-rc.1.dirty"},
		"none":                            {refused: "such as v1.2.3"},
		"without the v":                   {version: "1.2.3", refused: "such as v1.2.3"},
		"two numbers":                     {version: "v1.2", refused: "such as v1.2.3"},
		"two numbers and what follows":    {version: "v1.2-rc.1", refused: "such as v1.2.3"},
		"a number with a zero before it":  {version: "v1.02.3", refused: "such as v1.2.3"},
		"what a shell would take for two": {version: "v1.2.3 --help", refused: "such as v1.2.3"},
		"a path":                          {version: "v1.2.3-../x", refused: "such as v1.2.3"},
		"metadata of a build":             {version: "v1.2.3+7", refused: "the tag of an image"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseVersion(test.version, test.dirty)
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Fatalf("error %v, want one with %q", err, test.refused)
				}
				return
			}
			if err != nil || got != test.want {
				t.Fatalf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
}
