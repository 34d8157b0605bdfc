package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestChartMetadata(t *testing.T) {
	const source = `
name: namesake
version: 0.1.0
appVersion: 0.1.0 # the image's
annotations:
  artifacthub.io/prerelease: "true"
  artifacthub.io/images: |
    - name: manager
      image: namesake:0.1.0
`
	for name, test := range map[string]struct {
		number, want string
	}{
		"a release": {"1.2.3", `
name: namesake
version: 1.2.3
appVersion: 1.2.3
annotations:
  artifacthub.io/prerelease: "false"
  artifacthub.io/images: |
    - name: manager
      image: namesake:1.2.3
`},
		"one before it": {"1.2.3-rc.1", `
name: namesake
version: 1.2.3-rc.1
appVersion: 1.2.3-rc.1
annotations:
  artifacthub.io/prerelease: "true"
  artifacthub.io/images: |
    - name: manager
      image: namesake:1.2.3-rc.1
`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := chartMetadata([]byte(source), test.number)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decoded(t, []byte(test.want)), decoded(t, got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// decoded returns what a YAML document says.
func decoded(t *testing.T, content []byte) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal(content, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
