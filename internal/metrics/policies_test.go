package metrics

import (
	"testing"

	"github.com/go-logr/logr/testr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Each template without its NetworkPolicy is a series, as long as that is so.
func TestPolicyMissing(t *testing.T) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default", UID: "namespace-uid"}}
	served, lacking := builder.MakeTemplate("served").Obj(), builder.MakeTemplate("lacking").Obj()
	unmanaged := builder.MakeTemplate("unmanaged").NetworkPolicyManagement("Unmanaged").Obj()
	policy := rules.NetworkPolicy(served, nil, namespace, rules.DefaultNetwork())
	pool := builder.MakePool("p").Template("gone").Obj()
	waiting := builder.MakeSandbox("p-a").Pool(pool).Condition("Ready", "False", "NetworkPolicyNotReady").Obj()
	state := func(store *State) *State {
		store.IsLeader, store.Log, store.Network = func() bool { return true }, testr.New(t), rules.DefaultNetwork()
		return store
	}
	samples(t, state(&State{Cache: storeOf(t, served, lacking, unmanaged, policy, waiting)}), `
		namesake_networkpolicy_missing{namespace="default",sandbox_template="gone"} 1
		namesake_networkpolicy_missing{namespace="default",sandbox_template="lacking"} 1
		`, policyMissing.Name)
	samples(t, state(&State{Cache: storeOf(t, served, unmanaged, policy)}), "", policyMissing.Name)
}
