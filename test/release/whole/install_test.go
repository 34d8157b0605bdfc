package whole

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// helm takes the packed chart, knows its version, and installs the image of this release.
func TestChart(t *testing.T) {
	helm, chart := folder(t, "HELM"), filepath.Join(release(t), "namesake-"+number(t)+".tgz")
	metadata := run(t, t.TempDir(), nil, helm, "show", "chart", chart)
	for _, want := range []string{"\nversion: " + number(t) + "\n", "appVersion: " + number(t) + "\n"} {
		if !strings.Contains("\n"+metadata, want) {
			t.Errorf("it lacks %q:\n%s", want, metadata)
		}
	}
	run(t, t.TempDir(), nil, helm, "lint", "--strict", chart)
	rendered := run(t, t.TempDir(), nil, helm, "template", "namesake", chart, "--namespace", "namesake-system")
	if want := "image: \"namesake:" + number(t) + "\""; !strings.Contains(rendered, want) && !strings.Contains(rendered, strings.ReplaceAll(want, `"`, "")) {
		t.Errorf("it does not install the image: no %s", want)
	}
}

// An empty cluster takes the definitions, and then the installation: each object of it, but for cert-manager's, whose kinds it lacks.
func TestTheManifestsInstall(t *testing.T) {
	run(t, release(t), nil, "kubectl", "apply", "--server-side", "-f", "crds.yaml")
	run(t, release(t), nil, "kubectl", "wait", "--for=condition=Established", "--timeout=60s", "-f", "crds.yaml")
	var rest []byte
	others := 0
	for document := range bytes.SplitSeq(read(t, "install.yaml"), []byte("\n---\n")) {
		if bytes.Contains(document, []byte("apiVersion: cert-manager.io/")) {
			others++
			continue
		}
		rest = append(append(rest, document...), "\n---\n"...)
	}
	if others == 0 {
		t.Error("install.yaml has no certificate")
	}
	file := filepath.Join(t.TempDir(), "install.yaml")
	if err := os.WriteFile(file, rest, 0o600); err != nil {
		t.Fatal(err)
	}
	out := run(t, release(t), nil, "kubectl", "apply", "--server-side", "-f", file)
	for _, want := range []string{"namespace/namesake-system", "deployment.apps/namesake", "validatingwebhookconfiguration"} {
		if !strings.Contains(out, want) {
			t.Errorf("it lacks %s:\n%s", want, out)
		}
	}
	image := run(t, release(t), nil, "kubectl", "-n", "namesake-system", "get", "deployment", "-o", "jsonpath={.items[*].spec.template.spec.containers[*].image}")
	if image != "namesake:"+number(t) {
		t.Errorf("its image is %s", image)
	}
}
