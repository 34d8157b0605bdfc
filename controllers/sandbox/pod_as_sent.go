package sandbox

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// tryPod creates pod. If the API server finds it invalid, tryPod asks whether it is as it is sent, too. If it is not, or if that is not
// known, the error is a refusal, which is retried, and for which rules.IsInvalidObject does not hold.
func (r *Reconciler) tryPod(ctx context.Context, sandbox *sandboxv1.Sandbox, pod *corev1.Pod) error {
	err := r.Client.Create(ctx, pod, fieldManager)
	if !rules.IsInvalidObject(err) {
		return err
	}
	answer := r.asSent.ask(sandbox, pod.Name, r.Now(), func() error {
		return r.Client.Create(ctx, rules.AsPodTemplate(pod), client.DryRunAll, client.DisableReadYourWritesConsistency, fieldManager)
	})
	if rules.JudgePodAsSent(answer) == rules.PodAsSentInvalid {
		return err
	}
	return rules.MadeInvalidError(err, answer)
}

// answerLimit is how much is remembered of a refusal of a PodTemplate, in bytes.
const answerLimit = 1024

// ask calls do, which asks whether the Pod of that name of sandbox is valid as it is sent, and returns its answer. It remembers for
// invalidRecheck that the Pod is valid, or who refuses PodTemplates, and then answers without a call. That the Pod is invalid, create
// remembers.
func (i *invalidObjects) ask(sandbox *sandboxv1.Sandbox, name string, now time.Time, do func() error) error {
	object := invalidObject{sandbox.UID, sandbox.Generation, name}
	if found, ok := i.recall(object, now); ok {
		return found.err
	}
	answer := do()
	switch rules.JudgePodAsSent(answer) {
	case rules.PodAsSentValid:
		answer = nil
		i.remember(object, finding{nil, now})
	case rules.PodAsSentUnknown:
		if rules.IsRefusal(answer) {
			i.remember(object, finding{errors.New(rules.Cut(answer.Error(), answerLimit)), now})
		}
	case rules.PodAsSentInvalid:
	}
	return answer
}

func (i *invalidObjects) recall(object invalidObject, now time.Time) (finding, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	found, ok := i.found[object]
	return found, ok && now.Sub(found.at) < invalidRecheck
}
