package users

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// pool is one of those that each namespace has.
type pool struct {
	name, template string
	replicas       int32
}

// Two pools have one template, from which a claim of the template takes either; the Sandboxes of the other have a Service.
var pools = []pool{
	{name: "plain", template: "plain", replicas: 4},
	{name: "spare", template: "plain", replicas: 2},
	{name: "served", template: "served", replicas: 2},
}

// mostReplicas is how large a pool may become.
const mostReplicas = 6

// scale gives a pool another size.
func (u *Users) scale(ctx context.Context, namespace string, choice uint64) (bool, error) {
	which, rest, _ := pick(pools, choice)
	object := &extensionsv1.SandboxWarmPool{}
	if err := u.editor.Get(ctx, client.ObjectKey{Namespace: namespace, Name: which.name}, object); err != nil {
		return false, err
	}
	before := object.DeepCopy()
	object.Spec.Replicas = new(int32(rest % (mostReplicas + 1)))
	return true, u.editor.Patch(ctx, object, client.MergeFrom(before))
}

// edit changes the image of a template, so that its pools are replaced.
func (u *Users) edit(ctx context.Context, namespace string, choice uint64) error {
	which, rest, _ := pick(pools, choice)
	template := &extensionsv1.SandboxTemplate{}
	if err := u.editor.Get(ctx, client.ObjectKey{Namespace: namespace, Name: which.template}, template); err != nil {
		return err
	}
	before := template.DeepCopy()
	template.Spec.PodTemplate.Spec.Containers[0].Image = fmt.Sprintf("registry.example/runtime:%d", rest%1000)
	return u.editor.Patch(ctx, template, client.MergeFrom(before))
}

// furniture returns the templates and pools of a namespace.
func furniture(namespace string) []client.Object {
	objects := []client.Object{template(namespace, "plain").Obj(), template(namespace, "served").Service(true).Obj()}
	for _, p := range pools {
		objects = append(objects, builder.MakePool(p.name).Namespace(namespace).Template(p.template).Replicas(p.replicas).Obj())
	}
	return objects
}

func template(namespace, name string) *builder.TemplateWrapper {
	return builder.MakeTemplate(name).Namespace(namespace).
		EnvVarsInjectionPolicy(extensionsv1.EnvVarsInjectionAllowed).VolumeClaimTemplatesPolicy(extensionsv1.VolumeClaimTemplatesAllowed)
}

// restless are how many nodes users cordon: most stay schedulable.
const restless = 5

// cordon cordons or uncordons one of a few nodes.
func (u *Users) cordon(ctx context.Context, choice uint64, cordoned bool) (bool, error) {
	list := &corev1.NodeList{}
	if err := u.admin.List(ctx, list); err != nil {
		return false, err
	}
	var open []corev1.Node
	for _, node := range list.Items[:min(restless, len(list.Items))] {
		if node.Spec.Unschedulable != cordoned {
			open = append(open, node)
		}
	}
	node, _, ok := pick(open, choice)
	if !ok {
		return false, nil
	}
	return true, u.setSchedulable(ctx, &node, !cordoned)
}

func (u *Users) setSchedulable(ctx context.Context, node *corev1.Node, schedulable bool) error {
	before := node.DeepCopy()
	node.Spec.Unschedulable = !schedulable
	return u.admin.Patch(ctx, node, client.MergeFrom(before))
}
