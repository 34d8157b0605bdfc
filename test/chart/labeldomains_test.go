package chart

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

const domainsFlag = "--allowed-label-domains-file="

// The managers' flag names the mounted file, and the file contains what the values say.
func TestAllowedLabelDomains(t *testing.T) {
	objects := render(t, variants["label domains"]...)
	pod := at(named(objects, "Deployment", "namesake"), "spec", "template", "spec")
	volume, mount := at(pod, "volumes", 1), at(pod, "containers", 0, "volumeMounts", 1)
	readOnly, _ := at(mount, "readOnly").(bool)
	if at(volume, "name") == nil || at(volume, "name") != at(mount, "name") || !readOnly {
		t.Fatalf("the volume %v is mounted as %v", volume, mount)
	}
	config, _ := at(volume, "configMap", "name").(string)
	data, _ := at(named(objects, "ConfigMap", config), "data").(object)
	folder, _ := at(mount, "mountPath").(string)
	var found bool
	for key, content := range data {
		if !slices.Contains(flagsOf(t, variants["label domains"]...), domainsFlag+path.Join(folder, key)) {
			continue
		}
		found = true
		text, _ := content.(string)
		domains, err := rules.ParseLabelDomains(text)
		if diff := cmp.Diff(rules.LabelDomains{"example.com", "sandbox.users.io"}, domains); err != nil || diff != "" {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	if !found {
		t.Errorf("no flag names a file of %v in %s", data, folder)
	}
}

// The managers read the file when they start, so a change has to replace them.
func TestAChangeOfLabelDomainsReplacesTheManagers(t *testing.T) {
	template := func(domains string) any {
		return at(named(render(t, "controller.allowedLabelDomains={"+domains+"}"), "Deployment", "namesake"), "spec", "template")
	}
	before := template("example.com")
	for _, change := range []string{"other.example.com", "example.com,other.com"} {
		if cmp.Equal(before, template(change)) {
			t.Errorf("%s does not replace the managers", change)
		}
	}
}

// Without label domains there is no file. Otherwise somebody would have to maintain an empty ConfigMap.
func TestNoLabelDomains(t *testing.T) {
	objects := render(t)
	if named(objects, "ConfigMap", "namesake-config") != nil {
		t.Error("there is a ConfigMap")
	}
	if volumes, _ := at(named(objects, "Deployment", "namesake"), "spec", "template", "spec", "volumes").([]any); len(volumes) != 1 {
		t.Errorf("the volumes are %v", volumes)
	}
	for _, flag := range flagsOf(t) {
		if strings.HasPrefix(flag, domainsFlag) {
			t.Error("the flag names a file that is not there")
		}
	}
}
