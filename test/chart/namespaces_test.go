package chart

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/test/rights"
)

// clusterRules returns, as "verbs resources", what the ClusterRole of that name grants everywhere.
func clusterRules(objects []object, name string) []string {
	rules, _ := at(named(objects, "ClusterRole", name), "rules").([]any)
	var granted []string
	for _, rule := range rules {
		granted = append(granted, fmt.Sprint(at(rule, "verbs"), at(rule, "resources"), at(rule, "resourceNames")))
	}
	return granted
}

// Where the managers serve some namespaces, they may do in the cluster nothing but look at nodes and at their own webhook
// configurations.
func TestWhatIsGrantedEverywhere(t *testing.T) {
	t.Parallel()
	const (
		nodes    = "[list watch] [nodes] <nil>"
		webhooks = "[get list watch] [mutatingwebhookconfigurations validatingwebhookconfigurations] [namesake-namesake-system]"
	)
	for variant, want := range map[string][]string{
		"some namespaces": {nodes, webhooks}, "its own namespace": {nodes, webhooks}, "one namespace": {webhooks},
	} {
		if diff := cmp.Diff(want, clusterRules(render(t, variants[variant]...), "namesake-namesake-system")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", variant, diff)
		}
	}
	all := clusterRules(render(t), "namesake")
	if without := clusterRules(render(t, variants["no nodes"]...), "namesake"); len(without) != len(all)-1 || slices.Contains(without, nodes) {
		t.Errorf("without nodes: %v", without)
	}
}

// A Role in each namespace grants what the ClusterRole does not grant any more, and no less.
func TestRolesInNamespaces(t *testing.T) {
	t.Parallel()
	everywhere := clusterRules(render(t), "namesake")
	objects := render(t, variants["some namespaces"]...)
	var in []string
	for _, o := range objects {
		if o["kind"] != "Role" || at(o, "metadata", "name") != "namesake-namesake-system" {
			continue
		}
		in = append(in, fmt.Sprint(at(o, "metadata", "namespace")))
		granted := 0
		rules, _ := o["rules"].([]any)
		for _, rule := range rules {
			if slices.Contains(everywhere, fmt.Sprint(at(rule, "verbs"), at(rule, "resources"), at(rule, "resourceNames"))) {
				granted++
			}
		}
		if granted != len(rules) || granted != len(everywhere)-2 {
			t.Errorf("of %d rules for all namespaces, %d of %d are in the role", len(everywhere), granted, len(rules))
		}
	}
	if diff := cmp.Diff([]string{"team-a", "team-b"}, in); diff != "" {
		t.Errorf("namespaces with a role (-want +got):\n%s", diff)
	}
}

// Every webhook is asked in the namespaces that are served, and in no other: but for that of the probe, which is asked in the
// managers' own, too. Else a Sandbox with the probe's label would pass where it is not served by the other.
func TestTheWebhooksOfNamespaces(t *testing.T) {
	t.Parallel()
	for variant, want := range map[string]struct{ served, probed []any }{
		"some namespaces":   {[]any{"team-a", "team-b"}, []any{"team-a", "team-b", namespace}},
		"its own namespace": {[]any{namespace, "team-a"}, []any{namespace, "team-a"}},
		"defaults":          {},
	} {
		objects, seen := render(t, variants[variant]...), 0
		for _, kind := range []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"} {
			name := "namesake-" + namespace
			if want.served == nil {
				name = "namesake"
			}
			webhooks, _ := at(named(objects, kind, name), "webhooks").([]any)
			for _, webhook := range webhooks {
				seen++
				values := want.served
				if strings.HasPrefix(fmt.Sprint(at(webhook, "name")), "probe.") {
					values = want.probed
				}
				var selector any
				if values != nil {
					selector = object{"matchExpressions": []any{object{"key": "kubernetes.io/metadata.name", "operator": "In", "values": values}}}
				}
				if diff := cmp.Diff(selector, at(webhook, "namespaceSelector")); diff != "" {
					t.Errorf("%s: %v (-want +got):\n%s", variant, at(webhook, "name"), diff)
				}
			}
		}
		if seen < 8 {
			t.Errorf("%s: there are %d webhooks", variant, seen)
		}
	}
}

func TestTheFlagsOfNamespaces(t *testing.T) {
	t.Parallel()
	flags := flagsOf(t, variants["some namespaces"]...)
	for _, want := range []string{"--namespaces=team-a,team-b", "--webhook-configuration=namesake-namesake-system"} {
		if !slices.Contains(flags, want) {
			t.Errorf("no flag is %s", want)
		}
	}
	if !slices.Contains(flagsOf(t, variants["no nodes"]...), "--watch-nodes=false") {
		t.Error("without nodes, the managers watch them")
	}
	for _, flag := range flagsOf(t) {
		if strings.HasPrefix(flag, "--namespaces") || strings.HasPrefix(flag, "--watch-nodes") || strings.HasPrefix(flag, "--webhook-configuration") {
			t.Errorf("by default there is %s", flag)
		}
	}
	test := named(render(t, variants["some namespaces"]...), "Pod", "namesake-test")
	if diff := cmp.Diff([]any{"check", "--namespace=team-a", "--webhooks=true", "--policies=true"}, at(test, "spec", "containers", 0, "args")); diff != "" {
		t.Errorf("helm test (-want +got):\n%s", diff)
	}
}

// Two installations of different namespaces, in one cluster: each may do in its namespaces what a manager does, and nothing in the
// other's. Nothing that is in no namespace has one name in both, but for the CRDs, which the second leaves out.
func TestTwoInstallations(t *testing.T) {
	cluster := newInstallation(t)
	for _, name := range []string{"team-a", "team-b", "team-c", "first", "second"} {
		if err := cluster.client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	cluster.helmIn(t, "first", "install", release, chartFolder, "--create-namespace", "--set", "controller.namespaces={team-a,team-b}")
	cluster.helmIn(t, "second", "install", release, chartFolder, "--create-namespace", "--set", "controller.namespaces={team-c},crds.enabled=false")
	first, second := types.NamespacedName{Namespace: "first", Name: "namesake"}, types.NamespacedName{Namespace: "second", Name: "namesake"}
	for _, c := range []struct {
		account types.NamespacedName
		served  string
	}{{first, "team-a"}, {first, "team-b"}, {second, "team-c"}} {
		rights.CheckIn(t, cluster.client, c.account, c.served)
	}
	for _, c := range []struct {
		account types.NamespacedName
		other   string
	}{{first, "team-c"}, {first, "second"}, {first, "default"}, {second, "team-a"}, {second, "first"}, {second, "default"}} {
		rights.CheckNone(t, cluster.client, c.account, c.other)
	}
	cluster.helmIn(t, "second", "uninstall", release)
	rights.CheckIn(t, cluster.client, first, "team-a")
}
