package admission

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const samplesFolder = "../../../config/samples"

// A namespace that enforces the restricted standard accepts every sample as it is, without a warning. Applying a sample a
// second time changes nothing. Nothing keeps the resulting Sandboxes from having their Pods.
func TestSamples(t *testing.T) {
	n := restricted(t)
	again := []string{"diff"}
	for _, s := range readSamples(t) {
		if slices.Contains(adminKinds, s.kind) { // Tests of their own apply them, since no user may.
			continue
		}
		again = append(again, "-f", s.file)
		output, _ := n.Kubectl(t, "", "apply", "--validate=strict", "-f", s.file)
		if diff := gocmp.Diff(s.name+" created\n", output); diff != "" {
			t.Errorf("kubectl apply -f %s (-want +got):\n%s", s.file, diff)
		}
	}
	if output, ok := n.Kubectl(t, "", again...); !ok || output != "" {
		t.Errorf("kubectl diff:\n%s", output)
	}
	n.provide(t)
	disk := suite.Get[corev1.PersistentVolumeClaim](t, n.Namespace, "workspace-archive")
	if !metav1.IsControlledBy(disk, suite.Get[sandboxv1.Sandbox](t, n.Namespace, "archive")) {
		t.Errorf("%s of samples/takeover has owners %v", disk.Name, disk.OwnerReferences)
	}
}

// The samples that README.md applies work together: none of them waits for something that is not there.
func TestKustomizedSamples(t *testing.T) {
	n := restricted(t)
	output, ok := n.Kubectl(t, "", "apply", "--validate=strict", "-k", samplesFolder)
	if !ok || strings.Contains(output, "Warning") {
		t.Errorf("kubectl apply -k config/samples:\n%s", output)
	}
	n.provide(t)
}

// user is a user who applies samples in a namespace of his own.
type user struct{ *suite.Namespace }

func restricted(t *testing.T) user {
	t.Helper()
	n := suite.New(t)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`))
	if err := n.Admin.Patch(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.Name}}, patch); err != nil {
		t.Fatal(err)
	}
	return user{n}
}

// provide reconciles the existing claims and Sandboxes, and fails t if one of them reports that something is in the way.
func (u user) provide(t *testing.T) {
	t.Helper()
	problems := []string{
		sandboxv1.ReasonReconcilerError, extensionsv1.ReasonTemplateNotFound, extensionsv1.ReasonWarmPoolNotFound,
		extensionsv1.ReasonInvalidMetadata, extensionsv1.ReasonEnvVarsInjectionRejected, extensionsv1.ReasonVolumeClaimTemplatesError,
	}
	check := func(obj client.Object, conditions []metav1.Condition) {
		ready := meta.FindStatusCondition(conditions, sandboxv1.ConditionReady)
		if ready == nil || slices.Contains(problems, ready.Reason) {
			t.Errorf("%T %s: Ready is %v", obj, obj.GetName(), ready)
		}
	}
	var claims extensionsv1.SandboxClaimList
	list(t, u, &claims)
	for i := range claims.Items {
		u.Step(t, &claims.Items[i])
		claim := suite.Get[extensionsv1.SandboxClaim](t, u.Namespace, claims.Items[i].Name)
		check(claim, claim.Status.Conditions)
	}
	var sandboxes sandboxv1.SandboxList
	list(t, u, &sandboxes)
	for i := range sandboxes.Items {
		u.Step(t, &sandboxes.Items[i])
		sandbox := suite.Get[sandboxv1.Sandbox](t, u.Namespace, sandboxes.Items[i].Name)
		check(sandbox, sandbox.Status.Conditions)
	}
}

func list(t *testing.T, u user, objects client.ObjectList) {
	t.Helper()
	if err := u.Admin.List(t.Context(), objects, client.InNamespace(u.Name)); err != nil {
		t.Fatal(err)
	}
}

// sample is a file of config/samples.
type sample struct {
	file, kind string
	// name is what kubectl calls the object.
	name string
}

// order is the order in which kinds are applied. An object that others refer to is applied before them.
var order = []string{
	"PodDisruptionBudget", "PersistentVolumeClaim", "ResourceClaimTemplate", "DaemonSet", "Deployment", "SandboxTemplate", "SandboxWarmPool", "HorizontalPodAutoscaler", "Sandbox", "SandboxClaim",
}

// adminKinds are the kinds of samples that only an administrator applies.
var adminKinds = []string{
	"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "PriorityClass", "ResourceQuota",
	"ResourceFlavor", "ClusterQueue", "LocalQueue",
}

// readSamples returns all samples in the order in which to apply them.
func readSamples(t *testing.T) []sample {
	t.Helper()
	var samples []sample
	err := filepath.WalkDir(samplesFolder, func(file string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(file) == ".yaml" && filepath.Base(file) != "kustomization.yaml" {
			samples = append(samples, readSample(t, file))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(samples) == 0 {
		t.Fatal("there are no samples")
	}
	slices.SortStableFunc(samples, func(a, b sample) int {
		return cmp.Compare(slices.Index(order, a.kind), slices.Index(order, b.kind))
	})
	return samples
}

func readSample(t *testing.T, file string) sample {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var object metav1.PartialObjectMetadata
	if err := yaml.Unmarshal(text, &object); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if !strings.HasPrefix(string(text), "# ") {
		t.Errorf("%s does not begin with a comment that says what it shows", file)
	}
	if !slices.Contains(order, object.Kind) && !slices.Contains(adminKinds, object.Kind) {
		t.Errorf("%s: it is not known when to apply a %q", file, object.Kind)
	}
	resource := schema.GroupResource{Group: object.GroupVersionKind().Group, Resource: strings.ToLower(object.Kind)}
	return sample{file: file, kind: object.Kind, name: fmt.Sprintf("%s/%s", resource.String(), object.Name)}
}
