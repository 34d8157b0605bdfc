package diagnosis

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// poolAsksForNone is for a pool of no replicas.
func poolAsksForNone(s *Snapshot) *Cause {
	if s.Pool == nil || rules.Replicas(s.Pool) > 0 || s.Target.Kind != kindPool && !startsCold(s) {
		return nil
	}
	return &Cause{
		ID: "pool-of-none", Object: s.pool(),
		Says:    fmt.Sprintf("%s asks for no Sandboxes: spec.replicas is 0, so every claim starts cold", s.pool()),
		Command: s.kubectl("scale sandboxwarmpool %s --replicas=1", s.Pool.Name),
	}
}

// readyMembers returns the members of the pool that are Ready.
func readyMembers(s *Snapshot) []sandboxv1.Sandbox {
	return slices.DeleteFunc(slices.Clone(s.Members), func(m sandboxv1.Sandbox) bool {
		return !rules.IsReady(&m) || m.DeletionTimestamp != nil
	})
}

// unused returns the nodes of Ready members that are cordoned or about to be removed, each once.
func unused(s *Snapshot) (nodes []string, members int) {
	for _, member := range readyMembers(s) {
		at := slices.IndexFunc(s.Nodes, func(n corev1.Node) bool { return n.Name == member.Status.NodeName })
		if at >= 0 && !rules.NodeAcceptsClaims(&s.Nodes[at], nil) {
			members++
			nodes = append(nodes, s.Nodes[at].Name)
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), members
}

// allOnCordoned reports whether no Ready member of the pool can be handed out, since all are on nodes that are about to go.
func allOnCordoned(s *Snapshot) bool {
	_, members := unused(s)
	return members > 0 && members == len(readyMembers(s))
}

// poolOnCordonedNodes is for a pool whose Ready members are all on nodes that are cordoned or about to be removed.
func poolOnCordonedNodes(s *Snapshot) *Cause {
	if s.Pool == nil || !allOnCordoned(s) || s.Target.Kind != kindPool && !startsCold(s) {
		return nil
	}
	nodes, members := unused(s)
	return &Cause{
		ID: "cordoned", Object: Ref{kindNode, nodes[0]},
		Says: fmt.Sprintf("all %d Ready Sandboxes of %s are on nodes that are cordoned or about to be removed (%s): "+
			"claims do not get them, and start cold", members, s.pool(), some(nodes)),
		Command: "kubectl uncordon " + nodes[0],
		Advice:  "if it is not about to be removed; else delete those Sandboxes, and the pool makes others elsewhere",
	}
}

// startsCold reports whether the target is a claim whose Sandbox was created for it, and is not Ready yet, although it names a pool.
func startsCold(s *Snapshot) bool {
	return s.Claim != nil && s.Pool != nil && rules.HasNoOverrides(s.Claim) &&
		(s.Sandbox == nil || s.Sandbox.Labels[sandboxv1.LabelLaunchType] == sandboxv1.LaunchTypeCold)
}

// poolEmpty is for a claim that starts cold, since the pool has no Ready Sandbox.
func poolEmpty(s *Snapshot) *Cause {
	if !startsCold(s) || len(readyMembers(s)) > 0 {
		return nil
	}
	want := rules.Replicas(s.Pool)
	return &Cause{
		ID: "pool-empty", Object: s.pool(), Passing: true,
		Says: fmt.Sprintf("%s has no Ready Sandbox left (it keeps %d): %s starts cold, which takes what its image, its volumes and its program need",
			s.pool(), want, s.claim()),
		Words:   brief(ready(s.Pool.Status.Conditions).Message),
		Command: s.kubectl("scale sandboxwarmpool %s --replicas=%d", s.Pool.Name, 2*want),
		Advice:  "this claim is served when its Sandbox is Ready; a larger pool serves the next ones at once",
	}
}

// poolFilling is for a pool that is on its way, with no member that tells of trouble.
func poolFilling(s *Snapshot) *Cause {
	if s.Target.Kind != kindPool && s.Target.Kind != kindTemplate || s.Pool == nil {
		return nil
	}
	progress := progressing(s)
	return &Cause{
		ID: "pool-filling", Object: s.pool(), Words: brief(progress.Message), Passing: progress.Status == "True",
		Says: fmt.Sprintf("%s has %d of %d Sandboxes Ready: %s",
			s.pool(), s.Pool.Status.ReadyReplicas, rules.Replicas(s.Pool), progress.Reason),
		Command: s.kubectl("wait sandboxwarmpool %s --for=condition=Ready --timeout=2m", s.Pool.Name),
	}
}
