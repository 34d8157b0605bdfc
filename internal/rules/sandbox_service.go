package rules

import (
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ServiceStep is what becomes of a Sandbox's Service next.
type ServiceStep int

const (
	// ServiceStays: nothing is to be done about it, or about there being none.
	ServiceStays ServiceStep = iota
	// ServiceCreate: it is to be created.
	ServiceCreate
	// ServiceChange: it is to be taken over, or put right.
	ServiceChange
	// ServiceDelete: it is the Sandbox's, and the Sandbox is to have none.
	ServiceDelete
)

// NewService returns the headless Service of sandbox: of its name, controlled by it, with the ports of its containers.
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

// NextService returns what to do about the Service of sandbox's name, and, where it is to be created or changed, the
// Service as it should be. service is nil where there is none, pod where the Sandbox has none. The error is about a
// Service that is in the way.
//
// What spec.service says counts, and where it says nothing: the Sandbox keeps the Service that it has and creates none.
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

// MayHaveUnlabelledService says whether sandbox, of which a cache that goes by labels shows no Service, may have one that has lost
// its label: the status has one, or the Sandbox has just been told to be without, or has expired.
func MayHaveUnlabelledService(sandbox *sandboxv1.Sandbox, now time.Time) bool {
	ready := meta.FindStatusCondition(sandbox.Status.Conditions, sandboxv1.ConditionReady)
	told := ready != nil && ready.ObservedGeneration != sandbox.Generation
	return sandbox.Status.Service != "" || Expired(sandbox, now) || told && !ptr.Deref(sandbox.Spec.Service, true)
}

// repairService is for a Service that the Sandbox has. Ports are looked after only where the Sandbox asks for a Service.
func repairService(sandbox *sandboxv1.Sandbox, service *corev1.Service, pod *corev1.Pod) (ServiceStep, *corev1.Service, error) {
	right := NewService(sandbox)
	next := service.DeepCopy()
	next.Labels = withKeys(next.Labels, right.Labels)
	next.OwnerReferences = MigratedOwners(service)
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

// waitsForPodLabel says whether service still selects by the hash alone, and pod would be lost to it otherwise: a Pod from
// before gets the label that says its Sandbox's UID first.
func waitsForPodLabel(service *corev1.Service, pod *corev1.Pod) bool {
	if pod == nil || pod.Labels[sandboxv1.LabelSandboxUID] != "" {
		return false
	}
	hash := map[string]string{sandboxv1.LabelSandboxNameHash: pod.Labels[sandboxv1.LabelSandboxNameHash]}
	return maps.Equal(service.Spec.Selector, hash)
}

// checkServiceTakeover is CheckPodTakeover for a Service, which has to be headless, or to have no address yet, besides.
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

// takeOverService returns service as sandbox's own: all that decides where it leads is replaced.
func takeOverService(sandbox *sandboxv1.Sandbox, service *corev1.Service) *corev1.Service {
	next, right := service.DeepCopy(), NewService(sandbox)
	takeOver(sandbox, next)
	next.Spec.Type, next.Spec.ExternalName = corev1.ServiceTypeClusterIP, ""
	next.Spec.ClusterIP, next.Spec.ClusterIPs = corev1.ClusterIPNone, []string{corev1.ClusterIPNone}
	if len(service.Spec.Selector) == 0 && len(service.Spec.IPFamilies) > 1 {
		// Without a selector it has both families, even where a Service with one could not.
		next.Spec.IPFamilyPolicy, next.Spec.IPFamilies = new(corev1.IPFamilyPolicySingleStack), service.Spec.IPFamilies[:1:1]
	}
	next.Spec.Selector = right.Spec.Selector
	if !samePorts(next.Spec.Ports, right.Spec.Ports) {
		next.Spec.Ports = right.Spec.Ports
	}
	return next
}

// samePorts compares what ServicePorts sets.
func samePorts(a, b []corev1.ServicePort) bool {
	return slices.EqualFunc(a, b, func(a, b corev1.ServicePort) bool {
		return a.Name == b.Name && a.Port == b.Port && a.Protocol == b.Protocol && a.TargetPort == b.TargetPort
	})
}
