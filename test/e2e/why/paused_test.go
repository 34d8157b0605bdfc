package why

import (
	"fmt"
	"strings"
	"testing"
)

// kubeletsSlow pauses what plays the kubelets for each situation, and writes the status of its Pods. It is not resumed before the end: what it
// has seen of a Pod may be old, and it would write that the Pod is Ready.
func kubeletsSlow(t *testing.T) {
	t.Helper()
	t.Run("pool empty", poolEmpty)
	t.Run("image", image)
}

// The pool's only Sandbox is claimed, and its replacement starts: the next claim starts cold.
func poolEmpty(t *testing.T) {
	w := enter(t)
	w.apply(t, template("python", ""), pool("python", "python", 1))
	w.awaitSuccess(t, "wait sandboxwarmpool python --for=condition=Ready --timeout=60s")
	warm := strings.TrimSpace(w.kubectl(t, "get pods -o name"))
	w.Pause(t, "kwok")
	w.apply(t, claimFrom("first", "python"))
	w.awaitSuccess(t, "wait sandboxclaim first --for=condition=Ready --timeout=60s")
	w.apply(t, claimFrom("agent", "python"))
	for _, pod := range w.scheduled(t, 3) {
		if pod != warm {
			w.kubelet(t, pod, waiting("ContainerCreating", ""))
		}
	}
	w.expect(t, "pool_empty", 1, "SandboxWarmPool python has no Ready Sandbox left", "why claim/agent")
	w.expect(t, "pool_filling", 1, "has 0 of 1 Sandboxes Ready", "why pool/python")
}

// The kubelet cannot pull the image.
func image(t *testing.T) {
	w := enter(t)
	w.Pause(t, "kwok")
	w.apply(t, template("python", ""), claimOf("agent", "python"))
	for _, pod := range w.scheduled(t, 1) {
		w.kubelet(t, pod, waiting("ErrImagePull", `failed to pull and unpack image \"registry.example.com/python:3.13\": not found`))
	}
	w.expect(t, "image", 1, "cannot be pulled: ErrImagePull", "why claim/agent")
	w.expect(t, "image_pod", 1, "cannot be pulled: ErrImagePull", "why pod/agent")
}

// scheduled waits until there are so many Pods and each has a node, and returns them as pod/NAME.
func (w *world) scheduled(t *testing.T, count int) (pods []string) {
	t.Helper()
	await(t, fmt.Sprintf("%d Pods to have nodes", count), func() string {
		out := w.kubectl(t, `get pods -o jsonpath='{range .items[?(@.spec.nodeName!="")]}pod/{.metadata.name} {end}'`)
		if pods = strings.Fields(out); len(pods) == count {
			return ""
		}
		return fmt.Sprintf("%d have: %s", len(pods), out)
	})
	return pods
}

// waiting is the status of a Pod whose container waits for a reason.
func waiting(reason, message string) string {
	return fmt.Sprintf(`{"phase":"Pending","hostIP":"10.127.0.1","hostIPs":[{"ip":"10.127.0.1"}],"podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],`+
		`"containerStatuses":[{"name":"main","image":"registry.example.com/python:3.13","imageID":"","ready":false,"restartCount":0,`+
		`"state":{"waiting":{"reason":"%s","message":"%s"}}}]}`, reason, message)
}
