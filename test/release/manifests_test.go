package main

import (
	"bytes"
	"regexp"
	"testing"
)

// The manifests are those of config, with the image of this release and no other version of it.
func TestManifests(t *testing.T) {
	files, err := manifests("../..", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	kinds := func(name string) map[string]int {
		found := map[string]int{}
		for _, match := range regexp.MustCompile(`(?m)^kind: (\w+)$`).FindAllSubmatch(files[name], -1) {
			found[string(match[1])]++
		}
		return found
	}
	if found := kinds(definitions); len(found) != 1 || found["CustomResourceDefinition"] != 4 {
		t.Errorf("%s has %v", definitions, found)
	}
	if found := kinds(installation); found["CustomResourceDefinition"] != 4 || found["Deployment"] != 1 || found["ValidatingWebhookConfiguration"] != 1 {
		t.Errorf("%s has %v", installation, found)
	}
	images := regexp.MustCompile(`(?m)^ +image: (\S+)$`).FindAllSubmatch(files[installation], -1)
	if len(images) != 1 || string(images[0][1]) != "namesake:1.2.3" {
		t.Errorf("its images are %q", images)
	}
	for name, content := range files {
		if !bytes.HasPrefix(content, []byte("# Namesake 1.2.3: kubectl apply --server-side -f "+name+"\n")) {
			t.Errorf("%s begins with %.80q", name, content)
		}
	}
}
