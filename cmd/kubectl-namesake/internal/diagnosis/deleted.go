package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// deleted is for what is being deleted.
func deleted(s *Snapshot) *Cause {
	switch {
	case s.Sandbox != nil && s.abandoned(s.Sandbox, !s.hasDependents()):
		return lostTrack(s, s.sandbox(), "sandbox", "neither its Pod nor a volume of it is left", s.Sandbox.DeletionTimestamp.Time)
	case s.Claim != nil && s.abandoned(s.Claim, s.sees(kindSandbox) && s.Sandbox == nil):
		return lostTrack(s, s.claim(), "sandboxclaim", "its Sandbox is gone", s.Claim.DeletionTimestamp.Time)
	case s.Claim != nil && s.Claim.DeletionTimestamp != nil:
		return goes(s, s.claim(), "sandboxclaim", s.Claim.Finalizers, s.Claim.DeletionTimestamp.Time)
	case s.Sandbox != nil && s.Sandbox.DeletionTimestamp != nil:
		return goes(s, s.sandbox(), "sandbox", s.Sandbox.Finalizers, s.Sandbox.DeletionTimestamp.Time)
	case s.Pod != nil && s.Pod.DeletionTimestamp != nil:
		cause := goes(s, s.pod(), "pod", s.Pod.Finalizers, s.Pod.DeletionTimestamp.Time)
		if cause.Passing = cause.Passing && s.Now.Before(s.Pod.DeletionTimestamp.Add(overdue)); !cause.Passing && s.Pod.Spec.NodeName != "" {
			cause.Advice = fmt.Sprintf("the kubelet of node %s has to confirm its end: see whether that node is there", s.Pod.Spec.NodeName)
		}
		return cause
	}
	return nil
}

// overdue is how long after its grace period a Pod that is being deleted is expected to be gone, and after its deletion an object that
// waits for nothing.
const overdue = time.Minute

// hasDependents says whether a Pod or a volume of the Sandbox's is there, or could not be seen.
func (s *Snapshot) hasDependents() bool {
	if s.Pod != nil || !s.sees(kindPod) || !s.sees(kindVolume) {
		return true
	}
	return slices.ContainsFunc(s.Volumes, func(v corev1.PersistentVolumeClaim) bool { return metav1.IsControlledBy(&v, s.Sandbox) })
}

// abandoned says that an object is deleted in the foreground, and should be gone: what it owned is, and no other finalizer keeps it.
func (s *Snapshot) abandoned(o metav1.Object, alone bool) bool {
	at := o.GetDeletionTimestamp()
	return alone && at != nil && s.Now.After(at.Add(overdue)) && slices.Equal(o.GetFinalizers(), []string{metav1.FinalizerDeleteDependents})
}

// lostTrack is for an object that only Kubernetes' garbage collector can end, and that it has lost track of. Its informers know objects
// by their names (see SharedInformer in client-go): if its watch was broken while a Pod went and the Sandbox's next one came, it goes on
// waiting for the first. A deletion in the background takes the finalizer away.
func lostTrack(s *Snapshot, object Ref, resource, left string, at time.Time) *Cause {
	return &Cause{
		ID: "lost-track", Object: object,
		Says: fmt.Sprintf("%s is being deleted, since %s, and %s: Kubernetes' garbage collector seems to have lost track of it",
			object, clock(at), left),
		Command: s.kubectl("delete %s %s --cascade=background", resource, object.Name),
		Advice:  "if that happens again, restart kube-controller-manager",
	}
}

func goes(s *Snapshot, object Ref, resource string, finalizers []string, at time.Time) *Cause {
	var others []string
	for _, f := range finalizers {
		if f != metav1.FinalizerDeleteDependents {
			others = append(others, f)
		}
	}
	cause := &Cause{
		ID: "deleted", Object: object, Says: fmt.Sprintf("%s is being deleted, since %s", object, clock(at)), Passing: true,
		Command: s.kubectl("wait --for=delete %s %s --timeout=2m", resource, object.Name),
	}
	if len(others) > 0 {
		cause.Passing = false
		cause.Says += ", and waits for whoever set the finalizers " + strings.Join(others, ", ")
		cause.Command = s.kubectl("get %s %s -o yaml", resource, object.Name)
		cause.Advice = "see whether what set the finalizer still runs"
	}
	return cause
}
