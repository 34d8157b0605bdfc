package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// livePod returns the Pod that the Sandbox waits for, or nil.
func livePod(s *Snapshot) *corev1.Pod {
	if s.Pod == nil || s.Pod.DeletionTimestamp != nil {
		return nil
	}
	return s.Pod
}

// notScheduled returns the condition of a Pod that no node takes, or nil.
func notScheduled(pod *corev1.Pod) *corev1.PodCondition {
	if pod == nil || pod.Spec.NodeName != "" {
		return nil
	}
	at := slices.IndexFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse
	})
	if at < 0 {
		return nil
	}
	return &pod.Status.Conditions[at]
}

// kueueGate is the gate of Kueue (https://kueue.sigs.k8s.io), which it removes when it admits the Pod's Workload.
const kueueGate = "kueue.x-k8s.io/admission"

// gated is for a Pod that scheduling gates hold.
func gated(s *Snapshot) *Cause {
	pod := livePod(s)
	if pod == nil || len(pod.Spec.SchedulingGates) == 0 {
		return nil
	}
	var names []string
	for _, gate := range pod.Spec.SchedulingGates {
		names = append(names, gate.Name)
	}
	cause := &Cause{
		ID: "gate", Object: s.pod(),
		Says: fmt.Sprintf("%s has the scheduling gate %s: it gets no node before whoever set the gate removes it",
			s.pod(), strings.Join(names, ", ")),
		Command: s.kubectl(`patch pod %s --type=json --patch '[{"op":"remove","path":"/spec/schedulingGates"}]'`, pod.Name),
		Advice:  "if nobody is to remove it by itself: the gate's name tells whose it is",
	}
	if slices.Contains(names, kueueGate) {
		cause.Command = s.kubectl("get workloads.kueue.x-k8s.io")
		cause.Advice = "Kueue removes it when it admits the Pod's Workload: see what that waits for, most often a queue's quota"
	}
	return cause
}

// volumePending is for a Pod that waits for a volume.
func volumePending(s *Snapshot) *Cause {
	condition := notScheduled(livePod(s))
	if condition == nil || !strings.Contains(strings.ToLower(condition.Message), "persistentvolumeclaim") {
		return nil
	}
	at := slices.IndexFunc(s.Volumes, func(v corev1.PersistentVolumeClaim) bool { return v.Status.Phase != corev1.ClaimBound })
	if at < 0 {
		return nil
	}
	volume := &s.Volumes[at]
	object := Ref{kindVolume, volume.Name}
	cause := &Cause{
		ID: "volume-pending", Object: object, Words: brief(lastWords(s, object)),
		Command: s.kubectl("describe persistentvolumeclaim %s", volume.Name),
		Says:    fmt.Sprintf("%s has no volume yet, and %s waits for it", object, s.pod()),
		Advice:  "its events say why; ask who administers the cluster for the storage",
	}
	class := volume.Spec.StorageClassName
	switch {
	case class == nil || *class == "":
		cause.Says += ": it names no StorageClass, and there is no default one"
		cause.Command = "kubectl get storageclasses"
		cause.Advice = "name a StorageClass in volumeClaimTemplates" + s.thenAgain() + "; or ask who administers the cluster for a default one"
	case s.sees(kindClass) && !slices.ContainsFunc(s.StorageClasses, func(c storagev1.StorageClass) bool { return c.Name == *class }):
		cause.Says += fmt.Sprintf(": StorageClass %s does not exist", *class)
		cause.Command = "kubectl get storageclasses"
		cause.Advice = "name one that exists in volumeClaimTemplates" + s.thenAgain()
	}
	return cause
}

// cordonedWords are the scheduler's for nodes that are cordoned (k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodeunschedulable).
const cordonedWords = "were unschedulable"

// cordoned is for a Pod that could have a node if that were not cordoned.
func cordoned(s *Snapshot) *Cause {
	condition := notScheduled(livePod(s))
	if condition == nil || !strings.Contains(condition.Message, cordonedWords) {
		return nil
	}
	var names []string
	for i := range s.Nodes {
		if n := &s.Nodes[i]; n.Spec.Unschedulable && selects(s.Pod, n) {
			names = append(names, n.Name)
		}
	}
	slices.Sort(names)
	cause := &Cause{
		ID: "cordoned", Object: s.pod(), Words: brief(condition.Message),
		Says:    fmt.Sprintf("%s could run on nodes that are cordoned, and no other takes it", s.pod()),
		Command: "kubectl get nodes", Advice: "ask who administers the cluster to uncordon one, or to add another",
	}
	if len(names) > 0 {
		cause.Object = Ref{kindNode, names[0]}
		cause.Says = fmt.Sprintf("node %s is cordoned, and no other node takes %s", some(names), s.pod())
		cause.Command = "kubectl uncordon " + names[0]
		cause.Advice = "if it is not about to be removed; else wait for another node, or ask who administers the cluster"
	}
	return cause
}

// selects reports whether the node selector of pod selects node.
func selects(pod *corev1.Pod, node *corev1.Node) bool {
	for key, value := range pod.Spec.NodeSelector {
		if node.Labels[key] != value {
			return false
		}
	}
	return true
}

// some names the first of names, and how many more there are.
func some(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// unschedulable is for a Pod that no node takes for another reason.
func unschedulable(s *Snapshot) *Cause {
	condition := notScheduled(livePod(s))
	if condition == nil {
		return nil
	}
	command, from := s.editPod()
	advice := fmt.Sprintf("make room, add a node, or change what the Pod asks for in %s%s", from, s.thenAgain())
	if rules.ControllerOf(s.Pod) == nil {
		command, advice = s.kubectl("describe pod %s", s.Pod.Name), "make room, add a node, or change what the Pod asks for"
	}
	return &Cause{
		ID: "unschedulable", Object: s.pod(), Words: brief(condition.Message), Says: fmt.Sprintf("no node takes %s", s.pod()),
		Command: command, Advice: advice,
	}
}

// nodeDown is for a Pod whose node does not report.
func nodeDown(s *Snapshot) *Cause {
	pod := livePod(s)
	if pod == nil || pod.Spec.NodeName == "" {
		return nil
	}
	at := slices.IndexFunc(s.Nodes, func(n corev1.Node) bool { return n.Name == pod.Spec.NodeName })
	object := Ref{kindNode, pod.Spec.NodeName}
	cause := &Cause{
		ID: "node-down", Object: object, Command: "kubectl describe node " + pod.Spec.NodeName,
		Advice: fmt.Sprintf("bring the node back, or delete %s: another one of its name starts elsewhere", s.pod()),
	}
	if at < 0 {
		if !s.sees(kindNode) {
			return nil
		}
		cause.Says = fmt.Sprintf("node %s, on which %s is, does not exist any more", pod.Spec.NodeName, s.pod())
		cause.Command = s.kubectl("delete pod %s", pod.Name)
		return cause
	}
	for _, c := range s.Nodes[at].Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			cause.Says = fmt.Sprintf("node %s, on which %s is, is not Ready: %s", pod.Spec.NodeName, s.pod(), c.Reason)
			cause.Words = brief(c.Message)
			return cause
		}
	}
	return nil
}

// lastWords returns the message of the newest warning about an object, or nothing.
func lastWords(s *Snapshot, about Ref) string {
	for i := len(s.Events) - 1; i >= 0; i-- {
		if e := &s.Events[i]; e.InvolvedObject.Kind == about.Kind && e.InvolvedObject.Name == about.Name {
			return e.Message
		}
	}
	return ""
}
