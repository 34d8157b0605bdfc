package audit

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// twoPods counts the Pods of each Sandbox by the UID in their owner references.
func (v *view) twoPods() {
	for uid, pods := range v.podsOf {
		sandbox := v.sandboxes[uid]
		if len(pods) < 2 || sandbox == nil || !exists(sandbox) {
			continue
		}
		involved := make([]Object, len(pods))
		for i, pod := range pods {
			involved[i] = ObjectOf(pod)
		}
		involved = some(involved)
		v.report(CheckTwoPods, sandbox, involved,
			fmt.Sprintf("Sandbox %q controls %d Pods: %s", sandbox.Name, len(pods), list(involved)),
			fmt.Sprintf("Keep the Pod that has the Sandbox's name, save what the other holds, and delete that one: %s", deleteCommand(other(involved, sandbox.Name))))
	}
}

// other returns the first of pods that has not that name.
func other(pods []Object, name string) Object {
	for _, pod := range pods {
		if pod.Name != name {
			return pod
		}
	}
	return pods[0]
}

// eachOwned calls do for each Pod that a Sandbox controls, where neither is being deleted.
func (v *view) eachOwned(do func(pod *corev1.Pod, sandbox *sandboxv1.Sandbox)) {
	for uid, pods := range v.podsOf {
		if sandbox := v.sandboxes[uid]; sandbox != nil && exists(sandbox) {
			for _, pod := range pods {
				do(pod, sandbox)
			}
		}
	}
}

// podName compares names. A Sandbox that took its Pod out of a pool of Pods, as agent-sandbox did once, says so in its annotation.
func (v *view) podName() {
	v.eachOwned(func(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) {
		if pod.Name == sandbox.Name || pod.Name == sandbox.Annotations[sandboxv1.AnnotationPodName] {
			return
		}
		v.report(CheckPodName, pod, []Object{ObjectOf(sandbox)},
			fmt.Sprintf("Pod %q is controlled by Sandbox %q, and has another name", pod.Name, sandbox.Name),
			"Save what the Pod holds, and delete it: "+deleteCommand(ObjectOf(pod)))
	})
}

// podUID compares the label by which Services select a Pod with the UID in its owner reference.
func (v *view) podUID() {
	v.eachOwned(func(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) {
		if said := pod.Labels[sandboxv1.LabelSandboxUID]; said != "" && said != string(sandbox.UID) {
			v.report(CheckPodUID, pod, []Object{ObjectOf(sandbox)},
				fmt.Sprintf("Pod %q is controlled by Sandbox %q with UID %s, and its label %s says %s",
					pod.Name, sandbox.Name, sandbox.UID, sandboxv1.LabelSandboxUID, said),
				"Find out who wrote the label, and delete the Pod: its Sandbox makes another. "+deleteCommand(ObjectOf(pod)))
		}
	})
}

// podOwnerGone looks for Pods whose owner reference names no Sandbox that exists. The garbage collector compares name and UID.
func (v *view) podOwnerGone() {
	for uid, pods := range v.podsOf {
		for _, pod := range pods {
			owner := rules.ControllerOf(pod)
			sandbox, named := v.sandboxes[uid], v.sandboxNamed[owner.Name]
			var message string
			switch {
			case sandbox != nil && sandbox.Name == owner.Name:
				continue
			case sandbox != nil:
				message = fmt.Sprintf("names Sandbox %q as its controller, with the UID of Sandbox %q", owner.Name, sandbox.Name)
			case named != nil:
				message = fmt.Sprintf("is of an earlier Sandbox %q: its owner reference has UID %s, and the Sandbox of that name has %s",
					owner.Name, uid, named.UID)
			default:
				message = fmt.Sprintf("is controlled by Sandbox %q with UID %s, which does not exist", owner.Name, uid)
			}
			involved := []Object{referred(pod.Namespace, owner)}
			if sandbox != nil {
				involved = append(involved, ObjectOf(sandbox))
			}
			v.report(CheckPodOwnerGone, pod, involved, fmt.Sprintf("Pod %q %s", pod.Name, message),
				"The garbage collector deletes it, unless it has another owner. If it stays, delete it: "+deleteCommand(ObjectOf(pod)))
		}
	}
}

// podSecondOwner looks for Pods that the garbage collector keeps when their Sandbox is gone.
func (v *view) podSecondOwner() {
	for _, pods := range v.podsOf {
		for _, pod := range pods {
			if len(pod.OwnerReferences) < 2 {
				continue
			}
			var others []string
			for i := range pod.OwnerReferences {
				if ref := &pod.OwnerReferences[i]; ref.Controller == nil || !*ref.Controller {
					others = append(others, fmt.Sprintf("%s %q", ref.Kind, ref.Name))
				}
			}
			v.report(CheckPodSecondOwner, pod, []Object{referred(pod.Namespace, rules.ControllerOf(pod))},
				fmt.Sprintf("Pod %q of Sandbox %q has another owner, %s, and outlives the Sandbox", pod.Name, rules.ControllerOf(pod).Name,
					join(others, ", ")),
				"Take the other owner off the Pod's metadata.ownerReferences, or delete the Pod: "+deleteCommand(ObjectOf(pod)))
		}
	}
}

// deleteCommand returns the command that deletes object and nothing of its name that comes later: kubectl compares no UID, so a person
// looks first.
func deleteCommand(object Object) string {
	return fmt.Sprintf("kubectl -n %s delete %s %s", object.Namespace, resources[object.Kind], object.Name)
}

// describe is for a message about who controls obj.
func describe(ref *metav1.OwnerReference) string {
	if ref == nil {
		return "nobody"
	}
	return fmt.Sprintf("%s %q", ref.Kind, ref.Name)
}
