package node

import (
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An upgrade replaces every manager, and nobody notices.
func TestRollingRestart(t *testing.T) {
	n := open(t)
	n.ensure(t)
	s := n.stream(t)
	before := n.managers(t)
	kubectl(t, "--namespace", system, "rollout", "restart", "deployment/namesake")
	kubectl(t, "--namespace", system, "rollout", "status", "deployment/namesake", patience)
	for _, pod := range before { // The old managers are part of the upgrade until they have ended.
		kubectl(t, "--namespace", system, "wait", "pod/"+pod.Name, "--for=delete", patience)
	}
	s.end(t, "rolling restart")
	s.mustNotFail(t)
}

// A manager that dies drops its connections, and stays in the Service until the kubelet has seen that it is gone. The API
// server does not retry a webhook call; the API server's clients retry.
func TestKilledManager(t *testing.T) {
	n := open(t)
	n.ensure(t)
	s := n.stream(t)
	victim := n.managers(t)[0]
	status := victim.Status.ContainerStatuses[0]
	_, id, _ := strings.Cut(status.ContainerID, "://")
	run(t, os.Getenv(clusterVariable), "enter", "--dir", os.Getenv("NAMESAKE_CLUSTER_DIR"), "--",
		"ctr", "--namespace=k8s.io", "task", "kill", "--signal=SIGKILL", id)
	kubectl(t, "--namespace", system, "wait", "pod/"+victim.Name, patience, "--for=jsonpath={.status.containerStatuses[0].restartCount}=1")
	kubectl(t, "--namespace", system, "wait", "pod/"+victim.Name, patience, "--for=condition=Ready")
	s.end(t, "one of two managers killed")
	if s.lost > 0 {
		t.Errorf("%d of %d guarded writes failed although they were tried again", s.lost, s.sent)
	}
	if lasted := s.last - s.first; lasted > retried {
		t.Errorf("writes failed for %s after the manager's death", lasted)
	}
}

// managers returns the two Pods that serve admission.
func (n *node) managers(t *testing.T) []corev1.Pod {
	t.Helper()
	return n.managersOf(t, 2)
}

// managersOf returns the Pods that serve admission, of which there must be that many.
func (n *node) managersOf(t *testing.T, count int) []corev1.Pod {
	t.Helper()
	pods := &corev1.PodList{}
	err := n.List(t.Context(), pods, client.InNamespace(system), client.MatchingLabels{"app.kubernetes.io/name": release})
	if err != nil {
		t.Fatal(err)
	}
	var managers []corev1.Pod
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp == nil {
			managers = append(managers, pod)
		}
	}
	if len(managers) != count {
		t.Fatalf("there are %d managers, want %d", len(managers), count)
	}
	return managers
}
