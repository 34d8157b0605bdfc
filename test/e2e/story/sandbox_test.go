package story

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// awaitSays waits until the Sandbox of that name reports why it is Ready or not Ready, and returns it.
func awaitSays(t *testing.T, s *scene.Scene, name, reason, message string) *sandboxv1.Sandbox {
	t.Helper()
	var found *sandboxv1.Sandbox
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		sandbox := h.Sandbox(name)
		if sandbox == nil {
			return fmt.Sprintf("there is no Sandbox %q", name)
		}
		found = sandbox.Latest.DeepCopy()
		ready := meta.FindStatusCondition(found.Status.Conditions, sandboxv1.ConditionReady)
		if ready != nil && ready.Reason == reason && ready.Message == message {
			return ""
		}
		return fmt.Sprintf("Sandbox %q says %+v, and should say %s: %s", name, ready, reason, message)
	})
	return found
}

// change changes what the user asks of a Sandbox.
func change(t *testing.T, s *scene.Scene, name string, do func(*sandboxv1.SandboxSpec)) {
	t.Helper()
	sandbox := &sandboxv1.Sandbox{}
	if err := s.Editor.Get(t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: name}, sandbox); err != nil {
		t.Fatal(err)
	}
	base := sandbox.DeepCopy()
	do(&sandbox.Spec)
	if err := s.Editor.Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// A Sandbox with a Service is suspended, resumed, expires, and is given more time, with the manager's own watches and timers.
func TestASandboxFromOneEndToTheOther(t *testing.T) {
	s := scene.Enter(t)
	s.Create(t, builder.MakeSandbox("whole").Service(true).Obj())
	first := awaitSays(t, s, "whole", "DependenciesReady", "Pod is Ready; Service Exists")
	if want := "whole." + s.Namespace + ".svc.cluster.local"; first.Status.ServiceFQDN != want {
		t.Errorf("status.serviceFQDN is %q, want %q", first.Status.ServiceFQDN, want)
	}

	change(t, s, "whole", func(spec *sandboxv1.SandboxSpec) { spec.OperatingMode = sandboxv1.OperatingModeSuspended })
	suspended := awaitSays(t, s, "whole", "SandboxSuspended", "Sandbox is suspended")
	if !meta.IsStatusConditionTrue(suspended.Status.Conditions, sandboxv1.ConditionSuspended) || suspended.Status.Service != "whole" {
		t.Errorf("the suspended Sandbox has the status %+v", suspended.Status)
	}

	change(t, s, "whole", func(spec *sandboxv1.SandboxSpec) { spec.OperatingMode = sandboxv1.OperatingModeRunning })
	resumed := awaitSays(t, s, "whole", "DependenciesReady", "Pod is Ready; Service Exists")
	if resumed.Status.PodUID == first.Status.PodUID {
		t.Error("the resumed Sandbox has the Pod from before")
	}

	change(t, s, "whole", func(spec *sandboxv1.SandboxSpec) {
		spec.ShutdownTime = &metav1.Time{Time: time.Now().Add(2 * time.Second)}
	})
	expired := awaitSays(t, s, "whole", "SandboxExpired", "Sandbox has expired")
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		if h.Pod("whole") == nil {
			return ""
		}
		return "the expired Sandbox still has its Pod"
	})
	if expired.Status.Service != "" {
		t.Errorf("the expired Sandbox has Service %q in its status", expired.Status.Service)
	}

	change(t, s, "whole", func(spec *sandboxv1.SandboxSpec) { spec.ShutdownTime = nil })
	awaitSays(t, s, "whole", "DependenciesReady", "Pod is Ready; Service Exists")
	service := &corev1.Service{}
	if err := s.Admin.Get(t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "whole"}, service); err != nil || !metav1.IsControlledBy(service, first) {
		t.Errorf("the Service is controlled by %v, error %v", service.OwnerReferences, err)
	}
}

// A Sandbox that is to be deleted on expiry goes with everything that it has. Its volume is there from the beginning.
func TestASandboxThatIsDeletedWhenItExpires(t *testing.T) {
	s := scene.Enter(t)
	s.Create(t, builder.MakeSandbox("brief").OperatingMode(sandboxv1.OperatingModeSuspended).VolumeClaimTemplate("data").
		ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).ShutdownTime(time.Now().Add(3*time.Second)).Obj())
	awaitSays(t, s, "brief", "SandboxSuspended", "Sandbox is suspended")
	volume, key := &corev1.PersistentVolumeClaim{}, client.ObjectKey{Namespace: s.Namespace, Name: "data-brief"}
	if err := s.Admin.Get(t.Context(), key, volume); err != nil {
		t.Error(err)
	}
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		if h.Sandbox("brief") == nil {
			return ""
		}
		return "the expired Sandbox is still there"
	})
}
