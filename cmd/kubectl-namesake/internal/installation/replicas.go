package installation

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// judgeReplicas says whether the managers run. Where they run outside of the cluster, there is no Deployment, and nothing to say.
func judgeReplicas(f *Facts) []Finding {
	if !f.Sees(seeManagers) {
		return nil
	}
	if len(f.Deployments) == 0 {
		return []Finding{{Part: PartReplicas, Level: Unknown,
			Says: fmt.Sprintf("namespace %s has no Deployment of Namesake: the managers run elsewhere, or not at all", f.Namespace)}}
	}
	var findings []Finding
	for i := range f.Deployments {
		findings = append(findings, judgeDeployment(f, &f.Deployments[i]))
	}
	return findings
}

func judgeDeployment(f *Facts, deployment *appsv1.Deployment) Finding {
	want := int32(1)
	if deployment.Spec.Replicas != nil {
		want = *deployment.Spec.Replicas
	}
	ready := deployment.Status.ReadyReplicas
	finding := Finding{
		Part: PartReplicas, Level: OK,
		Says: fmt.Sprintf("%d of %d managers of Deployment %s/%s are ready", ready, want, deployment.Namespace, deployment.Name),
	}
	describe := fmt.Sprintf("kubectl --namespace %s describe pods --selector app.kubernetes.io/name=namesake", deployment.Namespace)
	switch {
	case want == 0:
		finding.Level, finding.Stops = Fail, StopsWrites
		finding.Command = fmt.Sprintf("kubectl --namespace %s scale deployment %s --replicas=2", deployment.Namespace, deployment.Name)
	case ready == 0:
		finding.Level, finding.Stops, finding.Command = Fail, StopsWrites, describe
		finding.Says += managerTrouble(f.Pods)
	case ready < want:
		finding.Level, finding.Command = Warn, describe
		finding.Says += managerTrouble(f.Pods)
	case want == 1:
		finding.Level, finding.Says = Warn, finding.Says+": while it restarts, there is no admission"
		finding.Command = fmt.Sprintf("kubectl --namespace %s scale deployment %s --replicas=2", deployment.Namespace, deployment.Name)
	}
	return finding
}

// managerTrouble says of the first manager that is not ready what its container waits for.
func managerTrouble(pods []corev1.Pod) string {
	for i := range pods {
		for _, status := range pods[i].Status.ContainerStatuses {
			if waiting := status.State.Waiting; waiting != nil && waiting.Reason != "" {
				return strings.TrimSuffix(fmt.Sprintf("; Pod %s: %s: %s", pods[i].Name, waiting.Reason, waiting.Message), ": ")
			}
		}
	}
	return ""
}

// images returns the images of a Pod's containers.
func images(spec *corev1.PodSpec) string {
	var all []string
	for i := range spec.Containers {
		all = append(all, spec.Containers[i].Image)
	}
	return strings.Join(all, ", ")
}
