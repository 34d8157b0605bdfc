package report

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRedact(t *testing.T) {
	got := object(t, `
kind: Sandbox
metadata:
  name: a
  managedFields: [{manager: kubectl}]
  annotations:
    agents.x-k8s.io/sandbox-name: a
    extensions.agents.x-k8s.io/x: a
    kubectl.kubernetes.io/last-applied-configuration: '{"env": "S3CRET"}'
    example.com/token: S3CRET
    notk8s.io/token: S3CRET
    token: S3CRET
spec:
  env: [{name: A, value: S3CRET}]
  podTemplate:
    metadata: {annotations: {example.com/token: S3CRET}}
    spec:
      containers:
      - name: main
        image: i
        command: [sh, -c, S3CRET]
        args: [S3CRET]
        env:
        - {name: A, value: S3CRET}
        - {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}
        livenessProbe: {httpGet: {port: 80, path: "/h?token=S3CRET", httpHeaders: [{name: Authorization, value: S3CRET}]}, exec: {command: [S3CRET]}}
      volumes:
      - {name: v, csi: {driver: d, volumeAttributes: {password: S3CRET}}}
      - {name: w, flexVolume: {driver: d, options: {password: S3CRET}}}
      env: S3CRET of a wrong type stays
`)
	redact(got, false)
	want := object(t, `
kind: Sandbox
metadata:
  name: a
  annotations:
    agents.x-k8s.io/sandbox-name: a
    extensions.agents.x-k8s.io/x: a
    kubectl.kubernetes.io/last-applied-configuration: <redacted>
    example.com/token: <redacted>
    notk8s.io/token: <redacted>
    token: <redacted>
spec:
  env: [{name: A, value: <redacted>}]
  podTemplate:
    metadata: {annotations: {example.com/token: <redacted>}}
    spec:
      containers:
      - name: main
        image: i
        command: [<redacted>, <redacted>, <redacted>]
        args: [<redacted>]
        env:
        - {name: A, value: <redacted>}
        - {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}
        livenessProbe: {httpGet: {port: 80, path: "/h?<redacted>", httpHeaders: [{name: Authorization, value: <redacted>}]}, exec: {command: [<redacted>]}}
      volumes:
      - {name: v, csi: {driver: d, volumeAttributes: {password: <redacted>}}}
      - {name: w, flexVolume: {driver: d, options: {password: <redacted>}}}
      env: S3CRET of a wrong type stays
`)
	if diff := cmp.Diff(want.Object, got.Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	manager := object(t, "{spec: {containers: [{args: [--v=1], env: [{name: A, value: S3CRET}]}]}}")
	redact(manager, true)
	if diff := cmp.Diff(object(t, "{spec: {containers: [{args: [--v=1], env: [{name: A, value: <redacted>}]}]}}").Object, manager.Object); diff != "" {
		t.Errorf("a manager (-want +got):\n%s", diff)
	}
}

func TestWhatIsKept(t *testing.T) {
	for name, tc := range map[string]struct {
		keep   func(*unstructured.Unstructured) bool
		object string
		want   bool
	}{
		"our CRD":             {isOurCRD, "spec: {group: agents.x-k8s.io}", true},
		"another CRD":         {isOurCRD, "spec: {group: example.com}", false},
		"an event of a claim": {isOurEvent, "regarding: {kind: SandboxClaim}", true},
		"another event":       {isOurEvent, "regarding: {kind: Job}", false},
		"a webhook of ours":   {isAboutUs, "{metadata: {name: a}, webhooks: [{rules: [{apiGroups: [extensions.agents.x-k8s.io]}]}]}", true},
		"a policy of ours":    {isAboutUs, "{metadata: {name: pods.namesake.agents.x-k8s.io}}", true},
		"a policy about us":   {isAboutUs, "{metadata: {name: a}, spec: {matchConstraints: {resourceRules: [{apiGroups: [agents.x-k8s.io]}]}}}", true},
		"another webhook":     {isAboutUs, "{metadata: {name: a}, webhooks: [{rules: [{apiGroups: [apps]}]}]}", false},
	} {
		if got := tc.keep(object(t, tc.object)); got != tc.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestWhatIsShrunk(t *testing.T) {
	node := object(t, "{metadata: {name: n}, spec: {podCIDR: 10.0.0.0/24, taints: [{key: a}]}, status: {images: [1], nodeInfo: {kubeletVersion: v1}, addresses: [1]}}")
	onlyVersions(node)
	want := object(t, "{metadata: {name: n}, spec: {taints: [{key: a}]}, status: {nodeInfo: {kubeletVersion: v1}}}")
	if diff := cmp.Diff(want.Object, node.Object); diff != "" {
		t.Errorf("a node (-want +got):\n%s", diff)
	}
	crd := object(t, "{spec: {versions: [{name: v1beta1, schema: {a: b}, served: true}]}}")
	withoutSchema(crd)
	if diff := cmp.Diff(object(t, "{spec: {versions: [{name: v1beta1, served: true}]}}").Object, crd.Object); diff != "" {
		t.Errorf("a CRD (-want +got):\n%s", diff)
	}
}

// contents reads an archive.
func contents(t *testing.T, archive io.Reader) map[string]string {
	t.Helper()
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(text)
	}
}

func TestArchive(t *testing.T) {
	var out bytes.Buffer
	a := newArchive(&out, 10, time.Unix(0, 0))
	for name, text := range map[string]string{"a.yaml": "123456"} {
		if err := a.add(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.add("b.yaml", []byte("123456")); err != nil {
		t.Fatal(err)
	}
	a.lacks("c.yaml", "you may not read nodes")
	if err := a.close("About."); err != nil {
		t.Fatal(err)
	}
	files := contents(t, &out)
	if len(files) != 2 || files["namesake-report/a.yaml"] != "123456" {
		t.Errorf("files: %v", files)
	}
	for _, want := range []string{
		"About.\n", redactions, "        6  a.yaml\n",
		"b.yaml: the archive would become too large: give it more by --max-size, or name one namespace by -n\n", "c.yaml: you may not read nodes\n",
	} {
		if !strings.Contains(files["namesake-report/README.txt"], want) {
			t.Errorf("README.txt has no %q:\n%s", want, files["namesake-report/README.txt"])
		}
	}
}

func TestTail(t *testing.T) {
	long := strings.Repeat("a", 300000) + "end"
	for name, tc := range map[string]struct {
		text  string
		limit int
		want  string
	}{"short": {"abc", 10, "abc"}, "as long": {"abc", 3, "abc"}, "longer": {"abcdef", 3, "def"}, "much longer": {long, 5, "aaend"}, "empty": {"", 5, ""}} {
		got, err := tail(strings.NewReader(tc.text), tc.limit)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := tail(io.MultiReader(strings.NewReader("a"), brokenReader{}), 5); err == nil {
		t.Error("an answer that breaks off is taken as whole")
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
