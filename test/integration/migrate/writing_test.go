package migrate

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const (
	// group begins the keys of agent-sandbox's labels and annotations. The tests spell the keys out, and do not take them from
	// the API.
	group = "agents.x-k8s.io/"
	// blueprintHash and podTemplateHash stand for hashes of a template's content. agent-sandbox computes them of its own
	// encoding, which others match only by luck.
	blueprintHash, podTemplateHash = "3f0c9ad1", "b7e21c44"
)

// before is when all these objects were written.
var before = metav1.NewTime(builder.Epoch.Add(-time.Hour))

// writer writes objects as agent-sandbox's controllers do. It stops writing after the first error.
type writer struct {
	context   context.Context
	admin     client.Client
	namespace string
	err       error

	// templates are the templates that claims are served from.
	templates map[string]*extensionsv1.SandboxTemplate
	pythons   *extensionsv1.SandboxWarmPool
}

// create creates obj, and then writes its status.
func (w *writer) create(obj client.Object) {
	if w.err != nil {
		return
	}
	obj.SetNamespace(w.namespace)
	whole := obj.DeepCopyObject().(client.Object)
	if w.err = w.admin.Create(w.context, obj); w.err != nil {
		w.err = fmt.Errorf("creating %T %s: %w", whole, whole.GetName(), w.err)
		return
	}
	switch obj.(type) {
	case *sandboxv1.Sandbox, *extensionsv1.SandboxClaim, *extensionsv1.SandboxWarmPool, *corev1.Pod, *corev1.PersistentVolumeClaim:
		whole.SetUID(obj.GetUID())
		whole.SetResourceVersion(obj.GetResourceVersion())
		w.status(whole)
		obj.SetResourceVersion(whole.GetResourceVersion())
	}
}

// status writes the status of obj, which exists already.
func (w *writer) status(obj client.Object) {
	if w.err != nil {
		return
	}
	if w.err = w.admin.Status().Update(w.context, obj); w.err != nil {
		w.err = fmt.Errorf("writing the status of %T %s: %w", obj, obj.GetName(), w.err)
	}
}

// hash returns the hash of a name for labels: FNV-1a of 32 bits in eight digits.
func hash(name string) string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // It never fails.
	return fmt.Sprintf("%08x", sum.Sum32())
}

// ownedBy makes owner, which already has a UID, the controller of obj.
func ownedBy(obj, owner client.Object) {
	apiVersion, kind := group+"v1beta1", "Sandbox"
	switch owner.(type) {
	case *extensionsv1.SandboxClaim:
		apiVersion, kind = "extensions."+apiVersion, "SandboxClaim"
	case *extensionsv1.SandboxWarmPool:
		apiVersion, kind = "extensions."+apiVersion, "SandboxWarmPool"
	case *extensionsv1.SandboxTemplate:
		apiVersion, kind = "extensions."+apiVersion, "SandboxTemplate"
	}
	obj.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: apiVersion, Kind: kind, Name: owner.GetName(), UID: owner.GetUID(), Controller: new(true), BlockOwnerDeletion: new(true),
	}})
}

// inOldVersion makes the reference to obj's owner one that was written when v1alpha1 was the only version.
func inOldVersion(obj client.Object) {
	references := obj.GetOwnerReferences()
	for i := range references {
		references[i].APIVersion = strings.Replace(references[i].APIVersion, "/v1beta1", "/v1alpha1", 1)
		references[i].BlockOwnerDeletion = nil
	}
	obj.SetOwnerReferences(references)
}

// podOf returns the Pod of sandbox, running and Ready, and records it in sandbox, except in its status.
func podOf(sandbox *sandboxv1.Sandbox) *corev1.Pod {
	template := sandbox.Spec.PodTemplate
	pod := builder.MakePod(sandbox.Name).Ready().Obj()
	pod.Labels, pod.Annotations = unreserved(template.Metadata.Labels), unreserved(template.Metadata.Annotations)
	pod.Annotations[group+"propagated-labels"] = keys(pod.Labels)
	pod.Annotations[group+"propagated-annotations"] = keys(unreserved(template.Metadata.Annotations))
	pod.Labels[group+"sandbox-name-hash"] = hash(sandbox.Name)
	copied := []string{"created-by"}
	if owners := sandbox.OwnerReferences; len(owners) > 0 { // A pool's label is removed when a claim adopts.
		copied = append(copied, "warm-pool-sandbox", "sandbox-template-ref-hash")
	}
	for _, key := range copied {
		if value := sandbox.Labels[group+key]; value != "" {
			pod.Labels[group+key] = value
		}
	}
	pod.Spec = *template.Spec.DeepCopy()
	pod.Spec.NodeName = builder.DefaultNode
	for _, volume := range sandbox.Spec.VolumeClaimTemplates {
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: volume.Metadata.Name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: volume.Metadata.Name + "-" + sandbox.Name},
		}})
	}
	ownedBy(pod, sandbox)
	return pod
}

func volumeOf(sandbox *sandboxv1.Sandbox, i int) *corev1.PersistentVolumeClaim {
	template := sandbox.Spec.VolumeClaimTemplates[i]
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: template.Metadata.Name + "-" + sandbox.Name, Labels: map[string]string{group + "sandbox-name-hash": hash(sandbox.Name)},
		},
		Spec:   *template.Spec.DeepCopy(),
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending},
	}
	ownedBy(claim, sandbox)
	return claim
}

func serviceOf(sandbox *sandboxv1.Sandbox) *corev1.Service {
	selector := map[string]string{group + "sandbox-name-hash": hash(sandbox.Name)}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: sandbox.Name, Labels: selector},
		Spec:       corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Selector: selector},
	}
	for _, port := range sandbox.Spec.PodTemplate.Spec.Containers[0].Ports {
		service.Spec.Ports = append(service.Spec.Ports, corev1.ServicePort{Name: port.Name, Port: port.ContainerPort, Protocol: corev1.ProtocolTCP})
	}
	ownedBy(service, sandbox)
	return service
}

// unreserved returns m without the keys that are not copied to Pods.
func unreserved(m map[string]string) map[string]string {
	copied := map[string]string{}
	for key, value := range m {
		if !strings.Contains(key, group) && key != "opentelemetry.io/trace-context" {
			copied[key] = value
		}
	}
	return copied
}

func keys(m map[string]string) string { return strings.Join(slices.Sorted(maps.Keys(m)), ",") }

// with adds pairs to m, which may be nil.
func with(m map[string]string, pairs ...string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}
