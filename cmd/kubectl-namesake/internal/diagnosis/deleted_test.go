package diagnosis

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// deletedFor makes an object one that was deleted in the foreground some time ago, and waits for these finalizers besides.
func deletedFor(o metav1.Object, age time.Duration, others ...string) {
	o.SetDeletionTimestamp(&metav1.Time{Time: now.Add(-age)})
	o.SetFinalizers(append([]string{metav1.FinalizerDeleteDependents}, others...))
}

// What only the garbage collector can end, and has not, a deletion in the background ends.
func TestDeleted(t *testing.T) {
	const long = time.Minute + time.Second
	claimGoes := func(s *Snapshot) { deletedFor(s.Claim, long) }
	sandboxGoes := func(s *Snapshot) { deletedFor(s.Sandbox, long) }
	volume := func(s *Snapshot) {
		s.Volumes = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{
			Name: "data-agent", OwnerReferences: builder.MakePod("agent").ControlledBy(s.Sandbox).Obj().OwnerReferences,
		}}}
	}
	blind := func(kind string) func(*Snapshot) {
		return func(s *Snapshot) { s.Unseen = []installation.Unseen{{What: kind, Why: "you may not read it"}} }
	}
	const (
		waitForClaim   = "kubectl --namespace demo wait --for=delete sandboxclaim agent --timeout=2m"
		waitForSandbox = "kubectl --namespace demo wait --for=delete sandbox agent --timeout=2m"
		endSandbox     = "kubectl --namespace demo delete sandbox agent --cascade=background"
		getSandbox     = "kubectl --namespace demo get sandbox agent -o yaml"
		endClaim       = "kubectl --namespace demo delete sandboxclaim agent --cascade=background"
	)
	noClaim := func(s *Snapshot) { s.Claim = nil }
	noSandbox := func(s *Snapshot) { s.Sandbox = nil }
	justNow := func(s *Snapshot) { deletedFor(s.Sandbox, time.Minute) }
	kept := func(s *Snapshot) { deletedFor(s.Sandbox, long, "a/b") }
	pod := withPod(func(*corev1.Pod) {})
	type changes []func(*Snapshot)
	for name, tc := range map[string]struct {
		change      changes
		id, command string
		passing     bool
	}{
		"a Sandbox of which nothing is left":      {changes{noClaim, sandboxGoes}, "lost-track", endSandbox, false},
		"its claim waits for it":                  {changes{claimGoes, sandboxGoes}, "lost-track", endSandbox, false},
		"a claim whose Sandbox is gone":           {changes{claimGoes, noSandbox}, "lost-track", endClaim, false},
		"a claim whose Sandbox is there":          {changes{claimGoes}, "deleted", waitForClaim, true},
		"a claim whose Sandbox may not be read":   {changes{claimGoes, noSandbox, blind(kindSandbox)}, "deleted", waitForClaim, true},
		"a Sandbox that was deleted just now":     {changes{noClaim, justNow}, "deleted", waitForSandbox, true},
		"a Sandbox that has its Pod":              {changes{noClaim, sandboxGoes, pod}, "deleted", waitForSandbox, true},
		"a Sandbox that has its volume":           {changes{noClaim, sandboxGoes, volume}, "deleted", waitForSandbox, true},
		"a Sandbox whose Pod may not be read":     {changes{noClaim, sandboxGoes, blind(kindPod)}, "deleted", waitForSandbox, true},
		"a Sandbox whose volumes may not be read": {changes{noClaim, sandboxGoes, blind(kindVolume)}, "deleted", waitForSandbox, true},
		"a Sandbox with another finalizer":        {changes{noClaim, kept}, "deleted", getSandbox, false},
	} {
		t.Run(name, func(t *testing.T) { expectCause(t, ofClaim(notReady, "", tc.change...), tc.id, tc.command, tc.passing) })
	}
}
