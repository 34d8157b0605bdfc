package reconcile

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A manager's events name the controller that reports and its action, by which clients filter.
func TestWhoTellsEvents(t *testing.T) {
	n := suite.OldNamespaces(t)[1]
	n.Run(t, func(*controllers.Options) {})
	suite.Create(t, n, n.Editor, builder.MakePool("lost").Template("nowhere").Obj())
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Template("python").Obj()) // The pool does not exist yet.
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
	suite.Create(t, n, n.Editor, builder.MakeClaim("ended").Template("python").Lifecycle(extensionsv1.Lifecycle{
		ShutdownTime: &metav1.Time{Time: n.Clock.Now()}, ShutdownPolicy: extensionsv1.ShutdownPolicyDelete,
	}).Obj())
	suite.Await(t, "the pool has its Pod", func() bool {
		members := poolMembers(t, n, pool)
		return len(members) == 1 && n.Admin.Get(t.Context(), client.ObjectKeyFromObject(&members[0]), &corev1.Pod{}) == nil
	})
	n.RunPod(t, poolMembers(t, n, pool)[0].Name)
	n.AwaitOffer(t, pool, true)
	suite.Create(t, n, n.Editor, builder.MakeClaim("warm").Pool("python").Obj())
	want := []string{
		"sandbox-controller: MultiplePods, Reconciling",
		"sandbox-controller: SandboxPodCreated, PodCreation",
		"sandboxclaim-controller: ClaimExpired, Claim Expired",
		"sandboxclaim-controller: ClaimExpired, Deleting",
		"sandboxclaim-controller: SandboxAdopted, Adoption",
		"sandboxclaim-controller: SandboxProvisioned, Provisioning",
		"sandboxtemplate-controller: NameCollision, Reconcile",
		"sandboxwarmpool-controller: WarmPoolNotProgressing, Reconciling",
	}
	suite.Await(t, "each controller has told what it has to", func() bool {
		var list eventsv1.EventList
		if err := n.Admin.List(t.Context(), &list, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
		missing := slices.Clone(want)
		for _, event := range list.Items {
			told := fmt.Sprintf("%s: %s, %s", event.ReportingController, event.Reason, event.Action)
			missing = slices.DeleteFunc(missing, func(m string) bool { return m == told })
		}
		return len(missing) == 0
	})
}

// controller-runtime labels the metrics of each controller with its name. Dashboards and load tests rely on these names.
func TestNamesOfTheControllers(t *testing.T) {
	suite.New(t).Run(t, func(*controllers.Options) {})
	want := []string{"sandbox", "sandboxclaim", "sandboxtemplate", "sandboxwarmpool"}
	var measured []string
	suite.Await(t, "the controllers run", func() bool {
		measured = nil
		families, err := ctrlmetrics.Registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			if family.GetName() != "controller_runtime_reconcile_total" {
				continue
			}
			for _, metric := range family.GetMetric() {
				for _, label := range metric.GetLabel() {
					if label.GetName() == "controller" && !slices.Contains(measured, label.GetValue()) {
						measured = append(measured, label.GetValue())
					}
				}
			}
		}
		return len(measured) >= len(want)
	})
	slices.Sort(measured)
	if diff := cmp.Diff(want, measured); diff != "" {
		t.Errorf("controllers (-want +got):\n%s", diff)
	}
}

// The deletion of a volume wakes its Sandbox, which creates the volume again.
func TestAVolumeThatIsDeletedComesAgain(t *testing.T) {
	n := suite.New(t)
	n.Run(t, func(*controllers.Options) {})
	suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").VolumeClaimTemplate("data").Obj())
	volume := &corev1.PersistentVolumeClaim{}
	exists := func() bool {
		return n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: "data-my-sandbox"}, volume) == nil
	}
	suite.Await(t, "the volume is there", exists)
	first := volume.UID
	n.Delete(t, n.Editor, volume)
	suite.Await(t, "the Pod is there", func() bool {
		return n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: "my-sandbox"}, &corev1.Pod{}) == nil
	})
	// This acts as if no Pod used the volume.
	change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { volume.Finalizers = nil })
	suite.Await(t, "another volume is there", func() bool { return exists() && volume.UID != first })
}
