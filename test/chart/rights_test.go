package chart

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/test/rights"
)

// Any service account that runs the managers, in any namespace, has the rights that config gives its own service account, and
// no others.
func TestRightsOfTheServiceAccount(t *testing.T) {
	cluster := newInstallation(t)
	for name, c := range map[string]struct {
		account types.NamespacedName
		values  []string
	}{
		"the chart's own":   {types.NamespacedName{Namespace: namespace, Name: "namesake"}, nil},
		"in a namespace":    {types.NamespacedName{Namespace: "elsewhere", Name: "namesake"}, nil},
		"one that is there": {types.NamespacedName{Namespace: namespace, Name: "mine"}, variants["own account"]},
	} {
		t.Run(name, func(t *testing.T) {
			install := []string{"install", release, chartFolder, "--create-namespace", "--set", "crds.enabled=false"}
			for _, value := range c.values {
				install = append(install, "--set", value)
			}
			cluster.helmIn(t, c.account.Namespace, install...)
			rights.Check(t, cluster.client, c.account, "default")
			cluster.helmIn(t, c.account.Namespace, "uninstall", release)
		})
	}
}
