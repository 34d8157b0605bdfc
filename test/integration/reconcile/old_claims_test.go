package reconcile

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// olderClaim is a claim as agent-sandbox may have left it. Its status, a label, an annotation that contradicts its status, or
// only the owner of a Sandbox records what it has or was to get.
type olderClaim struct {
	label, annotation, status string
	// sandboxes are the Sandboxes that it controls. ofOthers is a Sandbox of another claim, and pooled is one that is still in
	// its pool.
	sandboxes        []string
	ofOthers, pooled string
	expired          bool
	// want is the Sandbox that it is bound to and controls in the end.
	want string
}

// A NetworkPolicy that an early agent-sandbox made for a claim stays. Deleting it is up to the administrator.
func TestAPolicyOfAClaimStays(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	suite.Create(t, n, n.Admin, &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "mine-network-policy", OwnerReferences: []metav1.OwnerReference{*rules.ClaimOwner(claim)}},
	})
	for range 3 {
		n.Step(t, claim)
	}
	if got := suite.Get[networkingv1.NetworkPolicy](t, n, "mine-network-policy"); got.DeletionTimestamp != nil {
		t.Error("it is being deleted")
	}
}

func olderClaims() map[string]olderClaim {
	return map[string]olderClaim{
		"in-status":     {status: "of-status", sandboxes: []string{"of-status"}, want: "of-status"},
		"in-label":      {label: "of-label", sandboxes: []string{"of-label"}, want: "of-label"},
		"was-to-adopt":  {label: "older-bbbbb", pooled: "older-bbbbb", want: "older-bbbbb"},
		"was-late":      {label: "of-rival", ofOthers: "of-rival", want: "older-aaaaa"},
		"created":       {sandboxes: []string{"created"}, want: "created"},
		"created-again": {label: "older-ccccc", pooled: "older-ccccc", sandboxes: []string{"created-again"}, want: "created-again"},
		"contradicts":   {annotation: "older-nowhere", status: "contradicts", sandboxes: []string{"contradicts"}, want: "contradicts"},
		"was-lost":      {annotation: "older-nowhere-2", sandboxes: []string{"was-lost"}, want: "was-lost"},
		"ends":          {status: "of-ends", sandboxes: []string{"of-ends", "ends-leaked"}, expired: true},
	}
}

// oldClaims creates them, with the pool "older".
func oldClaims(ctx context.Context, admin client.Client, namespace string) error {
	pool := builder.MakePool("older").Namespace(namespace).Template("older").Obj()
	for _, obj := range []client.Object{builder.MakeTemplate("older").Namespace(namespace).Obj(), pool} {
		if err := admin.Create(ctx, obj); err != nil {
			return err
		}
	}
	for name, older := range olderClaims() {
		if err := older.create(ctx, admin, name, pool); err != nil {
			return err
		}
	}
	return nil
}

func (o olderClaim) create(ctx context.Context, admin client.Client, name string, pool *extensionsv1.SandboxWarmPool) error {
	w := builder.MakeClaim(name).Namespace(pool.Namespace).Pool(pool.Name)
	if o.label != "" {
		w.Label(sandboxv1.LabelBinding, o.label)
	}
	if o.annotation != "" {
		w.BoundTo(o.annotation)
	}
	if o.expired {
		w.Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: builder.Epoch.Add(-time.Hour)}})
	}
	claim := w.Obj()
	if err := admin.Create(ctx, claim); err != nil {
		return err
	}
	if o.status != "" {
		claim.Status.Sandbox.Name = o.status
		if err := admin.Status().Update(ctx, claim); err != nil {
			return err
		}
	}
	var sandboxes []*sandboxv1.Sandbox
	for _, own := range o.sandboxes {
		sandboxes = append(sandboxes, builder.MakeSandbox(own).ClaimedBy(claim).Obj())
	}
	if o.ofOthers != "" {
		sandboxes = append(sandboxes, builder.MakeSandbox(o.ofOthers).ClaimedBy(builder.MakeClaim("rival").Namespace(pool.Namespace).Obj()).Obj())
	}
	if o.pooled != "" {
		sandboxes = append(sandboxes, builder.MakeSandbox(o.pooled).Pool(pool).Obj())
	}
	for _, sandbox := range sandboxes {
		if err := admin.Create(ctx, sandbox); err != nil {
			return err
		}
	}
	return nil
}

// An older claim keeps what it has, gets the annotation, and never controls a second Sandbox, even when a warm one is there.
func TestOlderClaims(t *testing.T) {
	n := suite.OldNamespace(t)
	pool := suite.Get[extensionsv1.SandboxWarmPool](t, n, "older")
	n.Offered(t, pool, "aaaaa")
	for name, older := range olderClaims() {
		if older.expired || older.want == "older-aaaaa" {
			continue
		}
		t.Run(name, func(t *testing.T) { becomes(t, n, name, older) })
	}
	t.Run("was-late", func(t *testing.T) { becomes(t, n, "was-late", olderClaims()["was-late"]) })
}

func becomes(t *testing.T, n *suite.Namespace, name string, older olderClaim) {
	t.Helper()
	claim := suite.Get[extensionsv1.SandboxClaim](t, n, name)
	n.Step(t, claim)
	got := suite.Get[extensionsv1.SandboxClaim](t, n, name)
	if rules.Binding(got) != older.want || got.Status.Sandbox.Name != older.want {
		t.Errorf("it is bound to %q, and its status names %q; want %q", rules.Binding(got), got.Status.Sandbox.Name, older.want)
	}
	if diff := cmp.Diff([]string{older.want}, controlledBy(t, n, claim)); diff != "" {
		t.Errorf("Sandboxes that it controls (-want +got):\n%s", diff)
	}
	n.Step(t, claim) // A claim that is Ready is noted as such.
	writes := suite.Writes(t)
	n.Step(t, claim)
	writes.Expect(t, suite.Writes, suite.Counts{})
}

// An expired claim is first bound to what it has, so that the record is not lost. Then everything that it controls is deleted,
// including a leaked Sandbox.
func TestAnOlderClaimThatEnds(t *testing.T) {
	n := suite.OldNamespace(t)
	claim := suite.Get[extensionsv1.SandboxClaim](t, n, "ends")
	n.Step(t, claim)
	got := suite.Get[extensionsv1.SandboxClaim](t, n, "ends")
	if rules.Binding(got) != "of-ends" || got.Status.Sandbox.Name != "" || !rules.IsReportedExpired(got) {
		t.Errorf("it is bound to %q, its status is %+v", rules.Binding(got), got.Status)
	}
	if left := controlledBy(t, n, claim); len(left) > 0 {
		t.Errorf("it still controls %v", left)
	}
}

// controlledBy returns the names of the Sandboxes that claim controls.
func controlledBy(t *testing.T, n *suite.Namespace, claim *extensionsv1.SandboxClaim) []string {
	t.Helper()
	var list sandboxv1.SandboxList
	if err := n.Admin.List(t.Context(), &list, client.InNamespace(n.Name)); err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range list.Items {
		if rules.ControlledBy(&list.Items[i], claim) {
			names = append(names, list.Items[i].Name)
		}
	}
	return names
}
