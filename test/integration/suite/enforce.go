package suite

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// enforce installs the policies of config, and waits until the API server goes by them, which it does some moments later. Each kind has
// a request that only its policy refuses, whatever the webhooks say.
func (e *environment) enforce(ctx context.Context, root string) error {
	if e.options.WithoutPolicies {
		return nil
	}
	admin, err := e.client(e.admin)
	if err != nil {
		return err
	}
	folders := []string{""}
	if e.options.WithoutWebhooks { // The mutating ones do what a webhook does otherwise.
		folders = append(folders, "alone", "mutating")
	}
	for _, folder := range folders {
		if err := installPolicies(ctx, admin, root, folder); err != nil {
			return err
		}
	}
	return e.awaitPolicies(ctx, admin)
}

// installPolicies creates the policies in a folder of config/policy.
func installPolicies(ctx context.Context, admin client.Client, root, folder string) error {
	objects, err := manifests(filepath.Join(root, "config", "policy", folder, "policies.yaml"))
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := admin.Create(ctx, object); err != nil && !meta.IsNoMatchError(err) { // Older versions have no mutating ones.
			return fmt.Errorf("creating %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}

// awaitPolicies waits until a policy refuses each of some objects.
func (e *environment) awaitPolicies(ctx context.Context, admin client.Client) error {
	const word = "neither"
	said := func(obj client.Object, key string) client.Object {
		obj.SetNamespace("default")
		obj.SetAnnotations(map[string]string{key: word})
		return obj
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: "default"}} // Without one, no Pod gets as far.
	if err := admin.Create(ctx, account); client.IgnoreAlreadyExists(err) != nil {
		return err
	}
	pod := builder.MakePod("foreign").Obj()
	pod.Namespace, pod.Labels, pod.OwnerReferences = "default", map[string]string{sandboxv1.LabelSandboxUID: word}, nil
	for _, object := range []client.Object{
		pod,
		said(builder.MakeSandbox("policy").Obj(), sandboxv1.AnnotationVolumesWhenDeleted),
		said(builder.MakeClaim("policy").Pool("none").Obj(), sandboxv1.AnnotationVolumesWhenDeleted),
		said(builder.MakePool("policy").Obj(), sandboxv1.AnnotationNamedClaimsOnly),
		said(builder.MakeTemplate("policy").Obj(), sandboxv1.AnnotationVolumesWhenDeleted),
	} {
		var last error
		err := wait.PollUntilContextTimeout(ctx, moment, patience, true, func(ctx context.Context) (bool, error) {
			tried, _ := object.DeepCopyObject().(client.Object)
			last = admin.Create(ctx, tried, client.DryRunAll)
			return last != nil && strings.Contains(last.Error(), "ValidatingAdmissionPolicy"), nil
		})
		if err != nil {
			return fmt.Errorf("waiting for the policy of %T: %w, last %w", object, err, last)
		}
	}
	return nil
}
