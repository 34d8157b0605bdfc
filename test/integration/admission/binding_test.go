package admission

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The API server writes the labels of a binding to a node on the Pod. A binding of a scheduler's costs no call of a webhook, and one that
// brings a Sandbox's label is refused, whichever way it is posted.
func TestALabelByABinding(t *testing.T) {
	n := suite.New(t)
	pod := builder.MakePod("plain").Obj()
	pod.OwnerReferences, pod.Labels, pod.UID = nil, nil, ""
	suite.Create(t, n, n.Editor, pod)
	binding := func(label string) *corev1.Binding {
		return &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: n.Name, Labels: map[string]string{label: "x"}},
			Target:     corev1.ObjectReference{Kind: "Node", Name: builder.DefaultNode},
		}
	}
	ways := map[string]func(*corev1.Binding, ...client.SubResourceCreateOption) error{
		"to the Pod": func(b *corev1.Binding, opts ...client.SubResourceCreateOption) error {
			return n.Admin.SubResource("binding").Create(t.Context(), pod, b, opts...)
		},
		"on its own": func(b *corev1.Binding, _ ...client.SubResourceCreateOption) error {
			return n.Admin.Create(t.Context(), b, client.DryRunAll)
		},
	}
	for name, post := range ways {
		before := suite.Calls(t)
		if err := post(binding(sandboxv1.LabelSandboxUID)); !apierrors.IsForbidden(err) {
			t.Errorf("%s, with a Sandbox's label: %v", name, err)
		}
		before.Expect(t, suite.Calls, suite.Counts{"pod.validate CREATE": 1})
		before = suite.Calls(t)
		if err := post(binding("topology.kubernetes.io/zone"), client.DryRunAll); err != nil {
			t.Errorf("%s, with a label of a scheduler's: %v", name, err)
		}
		before.Expect(t, suite.Calls, suite.Counts{})
	}
}
