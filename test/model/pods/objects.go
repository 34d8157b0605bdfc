package pods

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var podNames = [maxPods]string{"a", "b", "of-a-pool"}

func uidOf(uid uint8) types.UID { return types.UID(strconv.Itoa(int(uid))) }

// sandboxObject returns the Sandbox of that place as the API has it.
func sandboxObject(at uint8, s sandbox) *sandboxv1.Sandbox {
	if s.uid == 0 {
		return nil
	}
	w := builder.MakeSandbox(podNames[at]).UID(uidOf(s.uid)).Annotation(sandboxv1.AnnotationPodName, podNames[s.podName])
	obj := w.Obj()
	if s.ofPool {
		obj.OwnerReferences = []metav1.OwnerReference{*rules.PoolOwner(builder.MakePool("p").Obj())}
	}
	if s.suspended {
		obj.Spec.OperatingMode = sandboxv1.OperatingModeSuspended
	}
	if s.task {
		obj.Spec.PodTemplate.Spec.RestartPolicy = corev1.RestartPolicyNever
	}
	if s.done {
		meta.SetStatusCondition(&obj.Status.Conditions, metav1.Condition{
			Type: sandboxv1.ConditionFinished, Status: metav1.ConditionTrue, Reason: sandboxv1.ReasonPodSucceeded,
			LastTransitionTime: metav1.NewTime(builder.Epoch),
		})
	}
	return obj
}

// podObject returns the Pod of that place as the API has it.
func podObject(at uint8, p pod) *corev1.Pod {
	if p.uid == 0 {
		return nil
	}
	obj := builder.MakePod(podNames[at]).UID(types.UID("pod-" + strconv.Itoa(int(p.uid)))).Obj()
	if p.ofUID != 0 {
		obj.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(&sandboxv1.Sandbox{
			ObjectMeta: metav1.ObjectMeta{Name: podNames[p.of], UID: uidOf(p.ofUID)},
		})}
	}
	if p.adoptable {
		obj.Labels = map[string]string{sandboxv1.LabelAdoptable: sandboxv1.AdoptableTrue}
	}
	if p.deleting {
		obj.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
	}
	return obj
}
