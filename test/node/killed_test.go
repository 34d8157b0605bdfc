package node

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// appears is how long the kubelet and the manager may take to say what has happened.
	appears = 60 * time.Second
	// greedy ends when /end is there, and takes all memory when /full is there. A container that starts again has neither file.
	greedy = `while [ ! -e /full ]; do [ -e /end ] && exit 3; sleep 0.1; done; x=0123456789; while true; do x=$x$x; done`
)

// The kernel kills a container that takes more memory than it may. The kubelet restarts it in its Pod: the Sandbox stays, its status
// counts that and says why, and between two starts its claim is not Ready for that reason. So it is for a container that ends itself.
func TestContainersThatEnd(t *testing.T) {
	n := open(t)
	n.ensure(t)
	template := scriptOf("greedy", greedy).Obj()
	template.Spec.PodTemplate.Spec.Containers[0].Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}
	before := n.serve(t, template)
	if before.Status.Restarts != nil {
		t.Errorf("nothing has happened, and it says %+v", before.Status.Restarts)
	}

	in(t, before.Name, "echo > /end")
	n.awaitRestarts(t, before.Name, sandboxv1.ContainerRestarts{Count: 1, LastReason: "Error", LastExitCode: 3})
	in(t, before.Name, "echo > /full")
	n.eventually(t, appears, "Sandbox and claim say what the container ends of", func(ctx context.Context) error {
		return n.both(ctx, "greedy", before.Name, metav1.ConditionFalse,
			fmt.Sprintf("; container %q: CrashLoopBackOff: it ends with exit code 137 (OOMKilled)", builder.DefaultContainer))
	})
	n.awaitRestarts(t, before.Name, sandboxv1.ContainerRestarts{Count: 2, LastReason: "OOMKilled", LastExitCode: 137})

	after := n.sandbox(t, before.Name)
	if after.UID != before.UID || after.Status.PodUID != before.Status.PodUID || after.Status.Replacements != nil {
		t.Errorf("a container was restarted, and the Sandbox is %+v, which was %+v", after.Status, before.Status)
	}
	n.clear(t)
}

// awaitRestarts waits until a Sandbox is Ready again and says this, with a time, about the restarts of its only container.
func (n *node) awaitRestarts(t *testing.T, name string, want sandboxv1.ContainerRestarts) {
	t.Helper()
	want.LastContainer = builder.DefaultContainer
	n.eventually(t, appears, fmt.Sprintf("the container has been restarted %d times", want.Count), func(ctx context.Context) error {
		if err := n.both(ctx, "greedy", name, metav1.ConditionTrue, ""); err != nil {
			return err
		}
		got := n.sandbox(t, name).Status.Restarts
		if diff := cmp.Diff(&want, got, cmpopts.IgnoreFields(want, "LastFinishedAt")); diff != "" {
			return fmt.Errorf("its status says (-want +got):\n%s", diff)
		}
		if got.LastFinishedAt.IsZero() {
			return fmt.Errorf("its status says no time: %+v", got)
		}
		return nil
	})
}
