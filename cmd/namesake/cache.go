package main

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/unreadable"
)

// cacheOptions returns options that keep the cache small. Of all Pods, Services and PersistentVolumeClaims the cache holds
// only those of Sandboxes. Of all NetworkPolicies it holds only those of templates. Of each Pod and node it holds only what
// is read. Of all webhook configurations it holds only Namesake's own. It holds what is in one of namespaces, or in any if there
// are none.
func cacheOptions(o *options, namespaces []string) cache.Options {
	ours := cache.ByObject{Field: fields.OneTermEqualSelector("metadata.name", o.webhookConfig)}
	ofSandboxes := hasLabel(sandboxv1.LabelSandboxNameHash)
	return cache.Options{
		DefaultTransform:  cache.TransformStripManagedFields(),
		DefaultNamespaces: namespacesOf(namespaces),
		ByObject: map[client.Object]cache.ByObject{
			&corev1.Pod{}:                                 {Label: ofSandboxes, Transform: stripPod},
			&corev1.Service{}:                             {Label: ofSandboxes},
			&corev1.PersistentVolumeClaim{}:               {Label: ofSandboxes},
			&corev1.Node{}:                                {Transform: stripNode},
			&networkingv1.NetworkPolicy{}:                 {Label: hasLabel(sandboxv1.LabelTemplateRefHash)},
			&admissionv1.MutatingWebhookConfiguration{}:   ours,
			&admissionv1.ValidatingWebhookConfiguration{}: ours,
		},
	}
}

// hasLabel selects the objects that have a label of that key. The key is a constant.
func hasLabel(label string) labels.Selector {
	exists, err := labels.NewRequirement(label, selection.Exists, nil)
	if err != nil {
		panic(err)
	}
	return labels.NewSelector().Add(*exists)
}

// stripPod drops from a cached Pod what no reconciler reads.
func stripPod(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	return &corev1.Pod{
		TypeMeta: pod.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID, ResourceVersion: pod.ResourceVersion, Generation: pod.Generation,
			CreationTimestamp: pod.CreationTimestamp, DeletionTimestamp: pod.DeletionTimestamp,
			Labels: pod.Labels, Annotations: pod.Annotations, OwnerReferences: pod.OwnerReferences,
		},
		Spec: corev1.PodSpec{NodeName: pod.Spec.NodeName, RestartPolicy: pod.Spec.RestartPolicy},
		Status: corev1.PodStatus{
			Phase: pod.Status.Phase, Reason: pod.Status.Reason, Message: pod.Status.Message,
			Conditions: pod.Status.Conditions, PodIPs: pod.Status.PodIPs,
			InitContainerStatuses: rules.KeptContainers(pod.Status.Phase, pod.Status.InitContainerStatuses),
			ContainerStatuses:     rules.KeptContainers(pod.Status.Phase, pod.Status.ContainerStatuses),
		},
	}, nil
}

// stripNode drops from a cached Node everything except what says whether claims get its Sandboxes.
func stripNode(obj any) (any, error) {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return obj, nil
	}
	return &corev1.Node{
		TypeMeta: node.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion, DeletionTimestamp: node.DeletionTimestamp,
		},
		Spec: corev1.NodeSpec{Unschedulable: node.Spec.Unschedulable, Taints: node.Spec.Taints},
	}, nil
}

// readingManager is a manager that reads Namesake's own kinds live by a reader of its own.
type readingManager struct {
	manager.Manager

	live client.Reader
}

// GetAPIReader implements manager.Manager.
func (m *readingManager) GetAPIReader() client.Reader { return m.live }

// newReadingManager returns a manager whose cache leaves out what cannot be read, and whose live reads name it. The register
// holds what is left out. Each such object gets an event, for whoever looks at the object.
func newReadingManager(cfg *rest.Config, o manager.Options) (manager.Manager, *unreadable.Register, error) {
	register := unreadable.NewRegister(ctrl.Log.WithName("cache"))
	o.NewCache = unreadable.NewCache(register)
	mgr, err := ctrl.NewManager(cfg, o)
	if err != nil {
		return nil, nil, err
	}
	live, err := unreadable.NewReader(cfg, mgr.GetHTTPClient(), mgr.GetScheme(), mgr.GetAPIReader())
	if err != nil {
		return nil, nil, err
	}
	recorder := mgr.GetEventRecorder("namesake")
	register.Report = func(e *unreadable.Error) {
		recorder.Eventf(&e.Object, nil, corev1.EventTypeWarning, "Unreadable", "Reading", "%s", e.Error())
	}
	return &readingManager{Manager: mgr, live: live}, register, nil
}
