package why

import "testing"

// Every situation has a namespace of its own, and they are made side by side. What breaks the installation for all comes after, one
// after the other, and what it cannot recover from comes last.
func TestSituations(t *testing.T) {
	t.Run("in an installation that is well", func(t *testing.T) {
		for name, situation := range map[string]func(*testing.T){
			"quota": quotaUsedUp, "policy": policy, "template missing": templateMissing, "gate": gate, "node cordoned": nodeCordoned,
			"label domain": labelDomain, "volume in the way": volumeInTheWay,
			"name taken": nameTaken, "expired": expired, "suspended": suspended,
			"well": well, "missing": missing, "as a user": asAUser, "namespace terminates": namespaceTerminates, "check": checked,
			"conformance": conforms,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				situation(t)
			})
		}
	})
	for _, broken := range []struct {
		name string
		make func(*testing.T)
	}{
		{"kubelets slow", kubeletsSlow}, {"certificate expired", certificateExpired}, {"webhook down", webhookDown},
		{"no leader", noLeader}, {"managers dead", managersDead},
	} {
		if !t.Run(broken.name, broken.make) {
			break // What is not repaired breaks the next one, too.
		}
	}
}
