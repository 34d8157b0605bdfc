package report

import (
	"context"
	"io"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

const (
	// logBytes and logLines bound the log of one container: its last lines.
	logBytes = 4 << 20
	logLines = 20000
	// metricsBytes bounds the metrics of one manager.
	metricsBytes = 8 << 20
	// patience is how long one log or one manager's metrics may take.
	patience = 20 * time.Second
)

// listen reads the logs and metrics of a manager's Pods into the archive.
func listen(ctx context.Context, c client.Reader, config *rest.Config, a *archive, manager objects.Manager) error {
	in := "managers/" + manager.Namespace + "/"
	pods, err := objects.ManagerPods(ctx, c, manager)
	if err != nil {
		a.lacks(in+"logs and metrics", why(err))
		return nil
	}
	core, err := corev1client.NewForConfig(config)
	if err != nil {
		return err
	}
	for i := range pods {
		pod := &pods[i]
		for file, request := range requests(core, pod) {
			text, err := bounded(ctx, request.ask, request.limit)
			if err != nil {
				a.lacks(in+file, why(err))
			} else if err := a.add(in+file, text); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// request asks for a text of so many bytes at the most.
type request struct {
	ask   rest.ResponseWrapper
	limit int64
}

// requests returns what is asked of a manager's Pod, by the file that it goes to. A container that never ended has no earlier log.
func requests(core corev1client.CoreV1Interface, pod *corev1.Pod) map[string]request {
	port := strconv.Itoa(int(objects.MetricsPort(pod)))
	all := map[string]request{
		pod.Name + ".metrics.txt": {core.Pods(pod.Namespace).ProxyGet("http", pod.Name, port, "metrics", nil), metricsBytes},
	}
	for i := range pod.Status.ContainerStatuses {
		container := &pod.Status.ContainerStatuses[i]
		options := corev1.PodLogOptions{Container: container.Name, TailLines: new(int64(logLines)), Timestamps: true}
		all[pod.Name+"."+container.Name+".log"] = request{core.Pods(pod.Namespace).GetLogs(pod.Name, &options), logBytes}
		if container.RestartCount > 0 {
			earlier := options
			earlier.Previous = true
			all[pod.Name+"."+container.Name+".previous.log"] = request{core.Pods(pod.Namespace).GetLogs(pod.Name, &earlier), logBytes}
		}
	}
	return all
}

// bounded reads an answer, and of a longer one the last bytes: a log's end is what matters.
func bounded(ctx context.Context, ask rest.ResponseWrapper, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	stream, err := ask.Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	return tail(stream, int(limit))
}

// tail returns the last bytes of a text, and holds twice as many at most.
func tail(in io.Reader, limit int) ([]byte, error) {
	var kept []byte
	chunk := make([]byte, 64<<10)
	for {
		n, err := in.Read(chunk)
		kept = append(kept, chunk[:n]...)
		if len(kept) > 2*limit {
			kept = append([]byte(nil), kept[len(kept)-limit:]...)
		}
		if err == io.EOF {
			return kept[max(0, len(kept)-limit):], nil
		}
		if err != nil {
			return nil, err
		}
	}
}
