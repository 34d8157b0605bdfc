package reconcile

import (
	"context"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// liveReads counts what is read through it.
type liveReads struct {
	client.Reader

	reads int
}

func (c *liveReads) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	c.reads++
	return c.Reader.Get(ctx, key, obj, opts...)
}

// A reconcile of a template that changes nothing costs no call at all, so that many busy templates hold up none.
func TestAQuietTemplateCostsNoCall(t *testing.T) {
	for name, management := range map[string]extensionsv1.NetworkPolicyManagement{
		"Managed": extensionsv1.NetworkPolicyManaged, "Unmanaged": extensionsv1.NetworkPolicyUnmanaged,
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			r, live := n.Templates(n.Cached), &liveReads{Reader: n.Controller}
			r.Live = live
			template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").NetworkPolicyManagement(management).Obj())
			n.Settle(t)
			look(t, n, r)
			change(t, n, template.Name, func(template *extensionsv1.SandboxTemplate) { template.Labels["team"] = "x" })
			n.Settle(t)
			live.reads = 0
			before := suite.Writes(t)
			look(t, n, r)
			before.Expect(t, suite.Writes, suite.Counts{})
			if live.reads != 0 {
				t.Errorf("%d live reads, want none", live.reads)
			}
		})
	}
}
