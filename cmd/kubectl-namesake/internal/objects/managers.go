package objects

import (
	"cmp"
	"context"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Products that serve the API.
const (
	ProductNamesake     = "namesake"
	ProductAgentSandbox = "agent-sandbox"
)

// managerLabels say by which labels the Deployments of each product are found: Namesake's chart and config, agent-sandbox' manifest
// (k8s/controller.yaml there), and its Helm chart.
var managerLabels = []struct {
	product string
	labels  client.MatchingLabels
}{
	{ProductNamesake, client.MatchingLabels{"app.kubernetes.io/name": "namesake"}},
	{ProductAgentSandbox, client.MatchingLabels{"app": "agent-sandbox-controller"}},
	{ProductAgentSandbox, client.MatchingLabels{"app.kubernetes.io/name": "agent-sandbox"}},
}

// Manager is a Deployment of controllers.
type Manager struct {
	Product   string `json:"product"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Version is that of the release, or else the tag of the image.
	Version string `json:"version"`
	Image   string `json:"image"`
	// Replicas are those that are wanted, Ready those that are ready.
	Replicas int32 `json:"replicas"`
	Ready    int32 `json:"readyReplicas"`
}

// Managers returns the controllers that are installed on the cluster.
func Managers(ctx context.Context, c client.Reader) ([]Manager, error) {
	var found []Manager
	for _, of := range managerLabels {
		var list appsv1.DeploymentList
		if err := List(ctx, c, &list, of.labels); err != nil {
			return nil, err
		}
		for i := range list.Items {
			found = append(found, managerOf(of.product, &list.Items[i]))
		}
	}
	slices.SortFunc(found, func(a, b Manager) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(found), nil
}

func managerOf(product string, d *appsv1.Deployment) Manager {
	m := Manager{Product: product, Namespace: d.Namespace, Name: d.Name, Replicas: 1, Ready: d.Status.ReadyReplicas}
	if d.Spec.Replicas != nil {
		m.Replicas = *d.Spec.Replicas
	}
	if containers := d.Spec.Template.Spec.Containers; len(containers) > 0 {
		m.Image = containers[0].Image
	}
	m.Version = cmp.Or(d.Labels["app.kubernetes.io/version"], tag(m.Image), "unknown")
	return m
}

// tag returns the tag of an image: what is behind the last ":" of its last part, without a digest.
func tag(image string) string {
	image, _, _ = strings.Cut(image, "@")
	last := image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(last, ":")
	return tag
}

// ManagerPods returns the Pods of a manager's Deployment.
func ManagerPods(ctx context.Context, c client.Reader, m Manager) ([]corev1.Pod, error) {
	var deployment appsv1.Deployment
	if err := c.Get(ctx, client.ObjectKey{Namespace: m.Namespace, Name: m.Name}, &deployment); err != nil {
		return nil, err
	}
	selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
	if err != nil {
		return nil, err
	}
	var pods corev1.PodList
	err = List(ctx, c, &pods, client.InNamespace(m.Namespace), client.MatchingLabelsSelector{Selector: selector})
	return pods.Items, err
}

// MetricsPort returns the port at which a manager's Pod serves metrics: that of the name "metrics", else agent-sandbox' default.
func MetricsPort(pod *corev1.Pod) int32 {
	for i := range pod.Spec.Containers {
		for _, port := range pod.Spec.Containers[i].Ports {
			if port.Name == "metrics" {
				return port.ContainerPort
			}
		}
	}
	return 8080
}
