package main

import (
	"testing"

	"sigs.k8s.io/krew/pkg/index"
	"sigs.k8s.io/yaml"
)

// krew reads the manifest strictly, and finds one archive for each platform. (make test-release lets krew itself judge and install it.)
func TestPluginManifest(t *testing.T) {
	archives := map[platform][]byte{}
	for _, p := range pluginPlatforms {
		archives[p] = []byte(p.String())
	}
	content, err := pluginManifest("1.2.3", "https://example.com/v1.2.3", archives)
	if err != nil {
		t.Fatal(err)
	}
	var manifest index.Plugin
	if err := yaml.UnmarshalStrict(content, &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Name != "namesake" || manifest.Spec.Version != "v1.2.3" {
		t.Errorf("it is of %s %s", manifest.Name, manifest.Spec.Version)
	}
	got := map[platform]index.Platform{}
	for _, one := range manifest.Spec.Platforms {
		got[platform{one.Selector.MatchLabels["os"], one.Selector.MatchLabels["arch"]}] = one
	}
	if len(got) != len(pluginPlatforms) || len(manifest.Spec.Platforms) != len(pluginPlatforms) {
		t.Fatalf("it has %d entries for %d platforms, want %d", len(manifest.Spec.Platforms), len(got), len(pluginPlatforms))
	}
	for p, want := range map[platform]struct{ uri, bin string }{
		{"linux", "amd64"}:   {"https://example.com/v1.2.3/kubectl-namesake_v1.2.3_linux_amd64.tar.gz", "kubectl-namesake"},
		{"darwin", "arm64"}:  {"https://example.com/v1.2.3/kubectl-namesake_v1.2.3_darwin_arm64.tar.gz", "kubectl-namesake"},
		{"windows", "arm64"}: {"https://example.com/v1.2.3/kubectl-namesake_v1.2.3_windows_arm64.zip", "kubectl-namesake.exe"},
	} {
		if one := got[p]; one.URI != want.uri || one.Bin != want.bin || one.Sha256 != digest(archives[p]) || one.Files[0].From != want.bin {
			t.Errorf("%s: %+v", p, one)
		}
	}
}
