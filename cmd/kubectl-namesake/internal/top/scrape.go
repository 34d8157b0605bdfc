package top

import (
	"context"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// patience is how long one manager's metrics are waited for: what comes later is of no use on a screen.
const patience = 5 * time.Second

// scraperFor returns what reads the metrics of every running manager, through the API server. The user needs the rights to list
// Deployments, and to get pods/proxy in the managers' namespace.
func scraperFor(c client.Reader, config *rest.Config) scraper {
	return func(ctx context.Context) ([][]byte, error) {
		managers, err := objects.Managers(ctx, c)
		if err != nil {
			return nil, err
		}
		core, err := corev1client.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		var texts [][]byte
		for _, manager := range managers {
			pods, err := objects.ManagerPods(ctx, c, manager)
			if err != nil {
				return nil, err
			}
			for i := range pods {
				if pods[i].Status.Phase != corev1.PodRunning {
					continue
				}
				text, err := scrape(ctx, core, &pods[i])
				if err != nil {
					return nil, fmt.Errorf("asking Pod %s for metrics: %w", pods[i].Name, err)
				}
				texts = append(texts, text)
			}
		}
		return texts, nil
	}
}

func scrape(ctx context.Context, core corev1client.CoreV1Interface, pod *corev1.Pod) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	port := strconv.Itoa(int(objects.MetricsPort(pod)))
	return core.Pods(pod.Namespace).ProxyGet("http", pod.Name, port, "metrics", nil).DoRaw(ctx)
}
