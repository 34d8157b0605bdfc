package node

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The image of a template does not exist. Pool, Sandbox and claim say so in the words of the registry, and once: that the kubelet
// tries again costs no write. When somebody brings the image, all become Ready.
func TestAnImageThatIsNotThere(t *testing.T) {
	const image = "localhost/not-there:1"
	n := open(t)
	n.ensure(t)
	n.offer(t, scriptOf("imageless", "sleep infinity").Image(image).Obj())
	n.create(t, builder.MakeClaim("imageless").Namespace(namespace).Pool("imageless").Obj())

	trouble := fmt.Sprintf("container %q: ImagePullBackOff: ", builder.DefaultContainer)
	n.eventually(t, appears, "Sandbox and claim say that the image is not there", func(ctx context.Context) error {
		if err := n.both(ctx, "imageless", "imageless", metav1.ConditionFalse, "; "+trouble); err != nil {
			return err
		}
		return n.both(ctx, "imageless", "imageless", metav1.ConditionFalse, image)
	})
	n.eventually(t, appears, "the pool says it, too", func(ctx context.Context) error {
		pool := &extensionsv1.SandboxWarmPool{}
		if err := n.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "imageless"}, pool); err != nil {
			return err
		}
		progress := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
		if progress == nil || !strings.Contains(progress.Message, ": "+trouble) || !strings.Contains(progress.Message, image) {
			return fmt.Errorf("it says %v", progress)
		}
		return nil
	})
	before := n.sandbox(t, "imageless")
	n.awaitTry(t, "imageless")
	after := n.sandbox(t, "imageless")
	if before.ResourceVersion != after.ResourceVersion {
		t.Errorf("the Sandbox was written while its image was tried again:\n%+v\n%+v", before.Status, after.Status)
	}
	t.Logf("the Sandbox says: %s", meta.FindStatusCondition(after.Status.Conditions, sandboxv1.ConditionReady).Message)

	n.images(t, "tag", "localhost/toolbox:1", image)
	n.eventually(t, appears, "Sandbox and claim are Ready", func(ctx context.Context) error {
		return n.both(ctx, "imageless", "imageless", metav1.ConditionTrue, "")
	})
	kubectl(t, "wait", "sandboxwarmpool/imageless", "--for=jsonpath={.status.readyReplicas}=1", patience)
	n.clear(t)
	n.images(t, "rm", image)
}

// awaitTry waits until the kubelet has tried again, in vain, to pull the image of a Pod.
func (n *node) awaitTry(t *testing.T, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), appears)
	defer cancel()
	changes, err := n.Watch(ctx, &corev1.PodList{}, client.InNamespace(namespace), client.MatchingFields{"metadata.name": name})
	if err != nil {
		t.Fatal(err)
	}
	defer changes.Stop()
	seen, next := []string(nil), []string{"ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"}
	for change := range changes.ResultChan() {
		pod, ok := change.Object.(*corev1.Pod)
		if !ok || len(pod.Status.ContainerStatuses) == 0 || pod.Status.ContainerStatuses[0].State.Waiting == nil {
			continue
		}
		reason := pod.Status.ContainerStatuses[0].State.Waiting.Reason
		if seen = append(seen, reason); reason != next[0] {
			continue
		}
		if next = next[1:]; len(next) == 0 {
			return
		}
	}
	t.Fatalf("within %s the kubelet has said %q", appears, seen)
}

// images runs a command of containerd's client about the images of the node.
func (n *node) images(t *testing.T, command ...string) {
	t.Helper()
	inside := []string{"enter", "--dir", os.Getenv("NAMESAKE_CLUSTER_DIR"), "--", "ctr", "--namespace=k8s.io", "images"}
	run(t, os.Getenv(clusterVariable), append(inside, command...)...)
}
