package index

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// fields records the indexes that are registered.
type fields struct {
	registered map[string]client.IndexerFunc
	err        error
}

func (f *fields) IndexField(_ context.Context, _ client.Object, field string, extract client.IndexerFunc) error {
	f.registered[field] = extract
	return f.err
}

func TestIndexes(t *testing.T) {
	indexer := &fields{registered: map[string]client.IndexerFunc{}}
	if err := Register(t.Context(), indexer); err != nil {
		t.Fatal(err)
	}
	pool := builder.MakePool("p").Template("t").Obj()
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c") }
	for name, tc := range map[string]struct {
		field string
		obj   client.Object
		want  []string
	}{
		"a Sandbox in a pool":                  {PoolUID, builder.MakeSandbox("a").Pool(pool).Obj(), []string{"sandboxwarmpool-p-uid"}},
		"a Sandbox of a claim":                 {PoolUID, builder.MakeSandbox("a").Pool(pool).ClaimedBy(claim().Obj()).Obj(), nil},
		"a Sandbox of nobody":                  {PoolUID, builder.MakeSandbox("a").Obj(), nil},
		"a Pod of a Sandbox":                   {SandboxUID, builder.MakePod("a").ControlledBy(builder.MakeSandbox("b").Obj()).Obj(), []string{"sandbox-b-uid"}},
		"a Pod of nobody":                      {SandboxUID, builder.MakePod("a").Obj(), nil},
		"a Sandbox that a claim controls":      {ClaimUID, builder.MakeSandbox("a").Pool(pool).ClaimedBy(claim().Obj()).Obj(), []string{"sandboxclaim-c-uid"}},
		"a Sandbox that no claim controls":     {ClaimUID, builder.MakeSandbox("a").Pool(pool).Obj(), nil},
		"a pool":                               {Template, pool, []string{"t"}},
		"a template":                           {NameHash, builder.MakeTemplate("tpl").Obj(), []string{"9d22159f"}},
		"what is no pool":                      {Template, builder.MakeSandbox("a").Obj(), nil},
		"a claim that is bound":                {Binding, claim().BoundTo("a").Obj(), []string{"a"}},
		"a claim that is not bound":            {Binding, claim().Obj(), nil},
		"what is no claim":                     {Binding, pool, nil},
		"a claim that waits for a pool":        {WaitingFor, claim().Pool("p").Obj(), []string{ForPool("p")}},
		"a claim that waits for a template":    {WaitingFor, claim().Template("p").Obj(), []string{ForTemplate("p")}},
		"a claim that is bound to a cold name": {WaitingFor, claim().Pool("p").BoundTo("c").Obj(), []string{ForPool("p")}},
		"a claim on its way to a warm Sandbox": {WaitingFor, claim().Pool("p").BoundTo("a").Obj(), nil},
		"a claim that had its Sandbox":         {WaitingFor, claim().Pool("p").BoundTo("c").StatusSandbox("c").Obj(), nil},
		"a claim that names nothing":           {WaitingFor, claim().Obj(), nil},
		"what cannot wait":                     {WaitingFor, pool, nil},
		"a Sandbox that waits for a policy": {
			WaitingForPolicy, builder.MakeSandbox("a").Pool(pool).Condition("Ready", "False", "NetworkPolicyNotReady").Obj(), []string{rules.Hash("t")},
		},
		"a Sandbox that waits for anything else": {
			WaitingForPolicy, builder.MakeSandbox("a").Pool(pool).Condition("Ready", "False", "ReconcilerError").Obj(), nil,
		},
		"a Sandbox without a status": {WaitingForPolicy, builder.MakeSandbox("a").Pool(pool).Obj(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, indexer.registered[tc.field](tc.obj)); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
	if len(indexer.registered) != 8 {
		t.Errorf("%d indexes, want 8", len(indexer.registered))
	}
	if ForPool("a") == ForTemplate("a") {
		t.Error("a pool and a template of one name are waited for as one")
	}
}

func TestRegisterFails(t *testing.T) {
	broken := errors.New("broken")
	if err := Register(t.Context(), &fields{registered: map[string]client.IndexerFunc{}, err: broken}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
