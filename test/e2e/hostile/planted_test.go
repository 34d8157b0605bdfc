package hostile

import (
	"context"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var adoptable = map[string]string{sandboxv1.LabelAdoptable: sandboxv1.AdoptableTrue}

// plantPod puts a Pod under the name of a suspended Sandbox that a claim controls, and lets the Sandbox run again. It returns the
// refusal of the Pod, or the verdict on it. The fake kubelet deletes a Pod by its name, twice now and then, so that a planted one may go as
// well: then another is planted.
func plantPod(ctx context.Context, w *world) answer {
	var found answer
	for i := range 5 {
		if found = w.plantPod(ctx, fmt.Sprintf("planted-pod-%d", i)); found.message != gone {
			break
		}
	}
	return found
}

func (w *world) plantPod(ctx context.Context, name string) answer {
	sandbox, err := w.suspended(ctx, overridesPool, name)
	if err != nil {
		return answer{message: err.Error()}
	}
	planted := w.pod(sandbox.Name, adoptable)
	created := by(func() error { return w.Editor.Create(ctx, planted) })
	if !created.ok() {
		return created
	}
	if err := w.setMode(ctx, sandbox, sandboxv1.OperatingModeRunning); err != nil {
		return answer{message: err.Error()}
	}
	return w.verdict(ctx, sandbox, planted, created)
}

// plantVolume puts a volume where the cold Sandbox of a claim will look for its own, and then makes the claim.
func plantVolume(ctx context.Context, w *world) answer {
	const name = "planted-volume"
	planted := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "data-" + name, Labels: adoptable},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
	created := by(func() error { return w.Editor.Create(ctx, planted) })
	if !created.ok() {
		return created
	}
	claim := builder.MakeClaim(name).Namespace(w.namespace).Pool(volumePool).Obj()
	if err := w.Editor.Create(ctx, claim); err != nil {
		return answer{message: err.Error()}
	}
	sandbox := &sandboxv1.Sandbox{}
	err := await(ctx, func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(claim), sandbox)
		return err == nil, client.IgnoreNotFound(err)
	})
	if err != nil {
		return answer{message: "waiting for the claim's Sandbox: " + err.Error()}
	}
	return w.verdict(ctx, sandbox, planted, created)
}

// gone is the verdict where what was planted is not there any more.
const gone = "what was planted is gone"

// verdict returns what the Sandbox says of what was planted, or that it took it over.
func (w *world) verdict(ctx context.Context, sandbox *sandboxv1.Sandbox, planted client.Object, created answer) answer {
	found := answer{message: "the Sandbox says nothing of what was planted", took: created.took}
	was := planted.GetUID()
	_ = await(ctx, func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(planted), planted)
		if apierrors.IsNotFound(err) || err == nil && planted.GetUID() != was {
			found.message = gone
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if metav1.IsControlledBy(planted, sandbox) {
			found.code, found.message = http.StatusOK, fmt.Sprintf("%q took over what was planted", sandbox.Name)
			return true, nil
		}
		if err := w.Editor.Get(ctx, client.ObjectKeyFromObject(sandbox), sandbox); err != nil {
			return false, err
		}
		ready := apimeta.FindStatusCondition(sandbox.Status.Conditions, string(sandboxv1.ConditionReady))
		if ready != nil && ready.ObservedGeneration == sandbox.Generation && ready.Reason == sandboxv1.ReasonReconcilerError {
			found.code, found.message = http.StatusForbidden, "Ready is False: "+ready.Message
		}
		return found.code != 0, nil
	})
	return found
}

// suspended makes a claim of an empty pool, and returns its Sandbox when it is suspended and its Pod is gone. A cold Sandbox and
// its Pod have the claim's name.
func (w *world) suspended(ctx context.Context, pool, name string) (*sandboxv1.Sandbox, error) {
	claim := builder.MakeClaim(name).Namespace(w.namespace).Pool(pool).Obj()
	if err := w.Editor.Create(ctx, claim); err != nil {
		return nil, err
	}
	sandbox := &sandboxv1.Sandbox{}
	err := await(ctx, func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(claim), &corev1.Pod{})
		return err == nil, client.IgnoreNotFound(err)
	})
	if err != nil {
		return nil, fmt.Errorf("waiting for the claim's Pod: %w", err)
	}
	if err := w.Editor.Get(ctx, client.ObjectKeyFromObject(claim), sandbox); err != nil {
		return nil, err
	}
	if err := w.setMode(ctx, sandbox, sandboxv1.OperatingModeSuspended); err != nil {
		return nil, err
	}
	err = await(ctx, func(ctx context.Context) (bool, error) {
		err := w.Editor.Get(ctx, client.ObjectKeyFromObject(sandbox), &corev1.Pod{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	return sandbox, err
}

func (w *world) setMode(ctx context.Context, sandbox *sandboxv1.Sandbox, mode sandboxv1.OperatingMode) error {
	base := sandbox.DeepCopy()
	sandbox.Spec.OperatingMode = mode
	return w.Editor.Patch(ctx, sandbox, client.MergeFrom(base))
}
