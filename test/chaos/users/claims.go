package users

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
)

// claim creates a claim. Half of them have a generateName, as the SDKs send it.
func (u *Users) claim(ctx context.Context, namespace string, kind plan.OperationKind, choice uint64) error {
	pool, rest, _ := pick(pools, choice)
	name := fmt.Sprintf("c-%012x", choice&0xffffffffffff)
	w := builder.MakeClaim(name).Namespace(namespace)
	note := judge.Note{Deed: judge.Acknowledged, Kind: judge.Claim, Namespace: namespace}
	switch kind {
	case plan.ClaimOfTemplate:
		w.Template(pool.template)
	case plan.ClaimWithEnv:
		w.Template(pool.template).Env("CHAOS", name)
	case plan.ClaimWithVolume:
		w.Template(pool.template).VolumeClaimTemplate("data")
	case plan.ClaimThatExpires:
		policies := []extensionsv1.ShutdownPolicy{
			extensionsv1.ShutdownPolicyDelete, extensionsv1.ShutdownPolicyDeleteForeground, extensionsv1.ShutdownPolicyRetain,
		}
		policy, after, _ := pick(policies, rest)
		at := metav1.NewTime(time.Now().Add(time.Duration(5+after%35) * time.Second))
		if policy != extensionsv1.ShutdownPolicyRetain {
			note.ShutdownTime = at.Time
		}
		w.Pool(pool.name).Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &at, ShutdownPolicy: policy})
	default:
		w.Pool(pool.name)
	}
	claim := w.Obj()
	for i := range claim.Spec.VolumeClaimTemplates {
		claim.Spec.VolumeClaimTemplates[i].Spec.StorageClassName = new(storageClass)
	}
	if choice>>63 == 1 {
		claim.GenerateName, claim.Name = name+"-", ""
	}
	if err := u.editor.Create(ctx, claim); err != nil {
		return err
	}
	note.Name, note.UID = claim.Name, claim.UID
	u.note(note)
	return nil
}

// release deletes a claim.
func (u *Users) release(ctx context.Context, namespace string, choice uint64) (bool, error) {
	list := &extensionsv1.SandboxClaimList{}
	if err := u.editor.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, err
	}
	claim, rest, ok := pick(list.Items, choice)
	if !ok {
		return false, nil
	}
	how := metav1.DeletePropagationBackground
	if rest%8 == 0 {
		how = metav1.DeletePropagationForeground
	}
	return true, u.delete(ctx, judge.Claim, &claim, client.PropagationPolicy(how))
}

// delete notes that a user deletes that very object, and does so.
func (u *Users) delete(ctx context.Context, kind judge.Kind, obj client.Object, options ...client.DeleteOption) error {
	uid := obj.GetUID()
	u.note(judge.Note{Deed: judge.Deletes, Kind: kind, Namespace: obj.GetNamespace(), Name: obj.GetName(), UID: uid})
	return u.editor.Delete(ctx, obj, append(options, client.Preconditions{UID: &uid})...)
}
