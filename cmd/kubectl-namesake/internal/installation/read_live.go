package installation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	certmanagerv1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// readCertificates reads cert-manager's Certificates of the installation. Without cert-manager there are none, and nobody misses them.
func (r *Reader) readCertificates(ctx context.Context, f *Facts, _ string) error {
	found := &unstructured.UnstructuredList{}
	found.SetGroupVersionKind(certmanagerv1.SchemeGroupVersion.WithKind("CertificateList"))
	err := r.Client.List(ctx, found, client.InNamespace(f.Namespace), client.Limit(listLimit))
	if meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return f.tolerate(seeCertificates, err)
	}
	for i := range found.Items {
		if !strings.HasPrefix(found.Items[i].GetName(), nameOfPods+"-") {
			continue
		}
		var certificate certmanagerv1.Certificate
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found.Items[i].Object, &certificate); err != nil {
			return fmt.Errorf("reading Certificate %s: %w", found.Items[i].GetName(), err)
		}
		f.Certificates = append(f.Certificates, certificate)
	}
	return nil
}

// leaseName is the name of the Lease of the election, as in cmd/namesake.
const leaseName = "namesake.agents.x-k8s.io"

// longestLease is how long a renewal is waited for at most.
const longestLease = 15 * time.Second

// readLeader reads the Lease. If it has ended by the clock of this machine, which may be wrong, the Lease is watched until somebody
// renews it, or for as long as it lasts: candidates judge in the same way.
func (r *Reader) readLeader(ctx context.Context, f *Facts, _ string) error {
	var lease coordinationv1.Lease
	key := client.ObjectKey{Namespace: f.Namespace, Name: leaseName}
	f.Leader.Lease = key.String()
	if err := r.Client.Get(ctx, key, &lease); err != nil {
		return f.tolerate(seeLease, err)
	}
	f.Leader = leaderOf(&lease, r.Now())
	if f.Leader.Fresh || f.Leader.Holder == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(longestLease, lasts(&lease)+time.Second))
	defer cancel()
	watch, err := r.Client.Watch(ctx, &coordinationv1.LeaseList{}, &client.ListOptions{
		Namespace: key.Namespace, FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, key.Name),
		Raw: &metav1.ListOptions{ResourceVersion: lease.ResourceVersion},
	})
	if err != nil {
		return f.tolerate(seeLease, err)
	}
	defer watch.Stop()
	for event := range watch.ResultChan() {
		if renewed, is := event.Object.(*coordinationv1.Lease); is {
			f.Leader = leaderOf(renewed, r.Now())
			f.Leader.Fresh = f.Leader.Holder != ""
			break
		}
	}
	return nil
}

func leaderOf(lease *coordinationv1.Lease, now time.Time) Leader {
	leader := Leader{Lease: client.ObjectKeyFromObject(lease).String(), Exists: true}
	if lease.Spec.HolderIdentity != nil {
		leader.Holder = *lease.Spec.HolderIdentity
	}
	if lease.Spec.RenewTime != nil {
		leader.Renewed = lease.Spec.RenewTime.Time
		leader.Fresh = leader.Holder != "" && now.Before(leader.Renewed.Add(lasts(lease)))
	}
	return leader
}

func lasts(lease *coordinationv1.Lease) time.Duration {
	if lease.Spec.LeaseDurationSeconds == nil {
		return 0
	}
	return time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second
}

// readOthers reads which other controllers serve the same objects.
func (r *Reader) readOthers(ctx context.Context, f *Facts, _ string) error {
	managers, err := objects.Managers(ctx, r.Client)
	f.Others = slices.DeleteFunc(managers, func(m objects.Manager) bool { return m.Product == objects.ProductNamesake })
	return f.tolerate(seeOthers, err)
}

// probeName is the name of the Sandboxes of the dry runs. They are never stored.
const probeName = "kubectl-namesake-probe"

// probe asks the API server in dry runs for a Sandbox that Namesake's webhooks accept, and for one that they or its policies refuse.
// The first tells whether the webhooks answer, whoever else refuses it: they are asked before quotas and other webhooks refuse, or
// beside them.
func (r *Reader) probe(ctx context.Context, f *Facts, namespace string) error {
	if namespace == "" {
		f.miss(seeProbe, "no namespace was named")
		return nil
	}
	f.Probe.Namespace = namespace
	good, misnamed := probeSandbox(namespace), probeSandbox(namespace)
	misnamed.Annotations = map[string]string{sandboxv1.AnnotationPodName: "not-" + probeName}
	accepts := r.Client.Create(ctx, good, client.DryRunAll)
	switch {
	case meta.IsNoMatchError(accepts):
		f.miss(seeProbe, "the API server does not know Sandboxes")
		return nil
	case apierrors.IsForbidden(accepts) && strings.Contains(accepts.Error(), "cannot create resource"):
		f.miss(seeProbe, "you may not create Sandboxes in namespace "+namespace)
		return nil
	case apierrors.IsNotFound(accepts):
		f.miss(seeProbe, "namespace "+namespace+" does not exist")
		return nil
	case rules.IsNamespaceGoing(accepts):
		f.miss(seeProbe, "namespace "+namespace+" is being deleted")
		return nil
	}
	f.Probe.Tried = true
	if isUnanswered(accepts) { // Nor would the other one be answered.
		f.Probe.Accepts = accepts
		return nil
	}
	f.Probe.Refuses = refusedForItsName(r.Client.Create(ctx, misnamed, client.DryRunAll))
	return nil
}

// isUnanswered reports whether err says that the API server could not call one of Namesake's own webhooks.
func isUnanswered(err error) bool {
	return err != nil && strings.Contains(err.Error(), "failed calling webhook") && strings.Contains(err.Error(), ownNames)
}

// refusedForItsName returns nil if err is Namesake's refusal of a Sandbox whose Pod would bear another name, or else what is wrong.
func refusedForItsName(err error) error {
	switch {
	case err == nil:
		return errors.New("a Sandbox whose Pod would bear another name is accepted")
	case strings.Contains(err.Error(), sandboxv1.AnnotationPodName):
		return nil
	}
	return fmt.Errorf("a Sandbox whose Pod would bear another name is refused, but not for that: %w", err)
}

func probeSandbox(namespace string) *sandboxv1.Sandbox {
	return &sandboxv1.Sandbox{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: probeName},
		Spec: sandboxv1.SandboxSpec{SandboxBlueprint: sandboxv1.SandboxBlueprint{PodTemplate: sandboxv1.PodTemplate{
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "none", Image: "none"}}},
		}}},
	}
}
