package rules

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ServiceStep is what happens to a Sandbox's Service next.
type ServiceStep int

const (
	// ServiceStays: the Service, or its absence, stays as it is.
	ServiceStays ServiceStep = iota
	// ServiceCreate: the Service is to be created.
	ServiceCreate
	// ServiceChange: the Service is to be taken over or repaired.
	ServiceChange
	// ServiceDelete: the Service is the Sandbox's, and the Sandbox is to have none.
	ServiceDelete
)

// NewService returns the headless Service of sandbox. It has the Sandbox's name and the ports of its containers, and
// the Sandbox controls it.
func NewService(sandbox *sandboxv1.Sandbox) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       sandbox.Namespace,
			Name:            sandbox.Name,
			Labels:          ownershipLabels(sandbox),
			OwnerReferences: []metav1.OwnerReference{*SandboxOwner(sandbox)},
		},
		Spec: corev1.ServiceSpec{
			ClusterIP: corev1.ClusterIPNone,
			Selector:  ownershipLabels(sandbox),
			Ports:     ServicePorts(&sandbox.Spec.PodTemplate.Spec),
		},
	}
}

// NextService returns what to do about the Service with sandbox's name. If the Service is to be created or changed,
// NextService also returns it as it should be. service is nil if there is none, and pod is nil if the Sandbox has none.
// The error describes a Service that blocks the name.
//
// spec.service decides whether the Sandbox has a Service. If it is not set, the Sandbox keeps the Service that it has
// and creates none.
func NextService(sandbox *sandboxv1.Sandbox, service *corev1.Service, pod *corev1.Pod) (ServiceStep, *corev1.Service, error) {
	wanted, asked := ptr.Deref(sandbox.Spec.Service, false), sandbox.Spec.Service != nil
	switch ours := service != nil && ControlledBy(service, sandbox); {
	case service == nil && wanted:
		return ServiceCreate, NewService(sandbox), nil
	case service == nil:
		return ServiceStays, nil, nil
	case ours && asked && !wanted && service.DeletionTimestamp == nil:
		return ServiceDelete, nil, nil
	case ours && service.DeletionTimestamp == nil:
		return repairService(sandbox, service, pod)
	case ours, asked && !wanted, !asked && controllerOrOwner(service) == nil:
		return ServiceStays, nil, nil
	}
	if err := checkServiceTakeover(sandbox, service); err != nil {
		return ServiceStays, nil, err
	}
	return ServiceChange, takeOverService(sandbox, service), nil
}

// MayHaveUnlabelledService reports whether sandbox may have a Service that has lost its label. A cache that selects by
// labels shows no such Service. The Sandbox may have one if its status names a Service, if it was just told to have
// none, or if it has expired.
func MayHaveUnlabelledService(sandbox *sandboxv1.Sandbox, now time.Time) bool {
	ready := readyOf(sandbox.Status.Conditions)
	told := ready != nil && ready.ObservedGeneration != sandbox.Generation
	return sandbox.Status.Service != "" || Expired(sandbox, now) || told && !ptr.Deref(sandbox.Spec.Service, true)
}

// repairService returns what to do about a Service that the Sandbox has. It repairs ports only if the Sandbox asks for
// a Service. The Sandbox becomes its only owner, since with another the Service would outlive it.
func repairService(sandbox *sandboxv1.Sandbox, service *corev1.Service, pod *corev1.Pod) (ServiceStep, *corev1.Service, error) {
	right := NewService(sandbox)
	next := service.DeepCopy()
	next.Labels = withKeys(next.Labels, right.Labels)
	next.OwnerReferences = soleOwner(MigratedOwners(service))
	if !waitsForPodLabel(service, pod) {
		next.Spec.Selector = right.Spec.Selector
	}
	if ptr.Deref(sandbox.Spec.Service, false) && !samePorts(next.Spec.Ports, right.Spec.Ports) {
		next.Spec.Ports = right.Spec.Ports
	}
	if sameStatus(service, next) {
		return ServiceStays, nil, nil
	}
	return ServiceChange, next, nil
}

// soleOwner returns the controller among owners, alone.
func soleOwner(owners []metav1.OwnerReference) []metav1.OwnerReference {
	return slices.DeleteFunc(slices.Clone(owners), func(ref metav1.OwnerReference) bool { return !ptr.Deref(ref.Controller, false) })
}

// waitsForPodLabel reports whether service still selects by the hash alone, and would lose pod with the new selector.
// An older Pod first gets the label with its Sandbox's UID.
func waitsForPodLabel(service *corev1.Service, pod *corev1.Pod) bool {
	if pod == nil || pod.Labels[sandboxv1.LabelSandboxUID] != "" {
		return false
	}
	hash := map[string]string{sandboxv1.LabelSandboxNameHash: pod.Labels[sandboxv1.LabelSandboxNameHash]}
	return maps.Equal(service.Spec.Selector, hash)
}

// checkServiceTakeover is CheckPodTakeover for a Service. The Service must also be headless, or have no address yet.
func checkServiceTakeover(sandbox *sandboxv1.Sandbox, service *corev1.Service) error {
	if err := checkTakeover(sandbox, kindService, service); err != nil {
		return err
	}
	if ip := service.Spec.ClusterIP; ip != "" && ip != corev1.ClusterIPNone {
		return &nameConflict{message: fmt.Sprintf("cannot adopt service %q: ClusterIP is %q (expected %q, field is immutable): "+
			"delete it, and the Sandbox gets its own", service.Name, ip, corev1.ClusterIPNone)}
	}
	return nil
}

// takeOverService returns service as sandbox's own. It replaces everything that decides where the Service leads.
func takeOverService(sandbox *sandboxv1.Sandbox, service *corev1.Service) *corev1.Service {
	next, right := service.DeepCopy(), NewService(sandbox)
	takeOver(sandbox, next)
	next.Spec.Type, next.Spec.ExternalName = corev1.ServiceTypeClusterIP, ""
	next.Spec.ClusterIP, next.Spec.ClusterIPs = corev1.ClusterIPNone, []string{corev1.ClusterIPNone}
	if len(service.Spec.Selector) == 0 && len(service.Spec.IPFamilies) > 1 {
		// A Service without a selector has both families, even where a Service with a selector could not.
		next.Spec.IPFamilyPolicy, next.Spec.IPFamilies = new(corev1.IPFamilyPolicySingleStack), service.Spec.IPFamilies[:1:1]
	}
	next.Spec.Selector = right.Spec.Selector
	if !samePorts(next.Spec.Ports, right.Spec.Ports) {
		next.Spec.Ports = right.Spec.Ports
	}
	return next
}

// samePorts compares the fields that ServicePorts sets.
func samePorts(a, b []corev1.ServicePort) bool {
	return slices.EqualFunc(a, b, func(a, b corev1.ServicePort) bool {
		return a.Name == b.Name && a.Port == b.Port && a.Protocol == b.Protocol && a.TargetPort == b.TargetPort
	})
}
