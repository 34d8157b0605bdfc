package reconcile

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// What a manager tells in events says which of its controllers tells it, and in what action, as clients filter by.
func TestWhoTellsEvents(t *testing.T) {
	n := suite.OldNamespaces(t)[1]
	n.Run(t, func(*controllers.Options) {})
	suite.Create(t, n, n.Editor, builder.MakePool("lost").Template("nowhere").Obj())
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Template("python").Obj())
	want := map[string]string{
		"MultiplePods":           "sandbox-controller: Reconciling",
		"SandboxProvisioned":     "sandboxclaim-controller: Provisioning",
		"NameCollision":          "sandboxtemplate-controller: Reconcile",
		"WarmPoolNotProgressing": "sandboxwarmpool-controller: Reconciling",
	}
	var told map[string]string
	suite.Await(t, "each controller has told of something", func() bool {
		told = map[string]string{}
		var list eventsv1.EventList
		if err := n.Admin.List(t.Context(), &list, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
		for _, event := range list.Items {
			if _, is := want[event.Reason]; is {
				told[event.Reason] = event.ReportingController + ": " + event.Action
			}
		}
		return len(told) == len(want)
	})
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("who tells what (-want +got):\n%s", diff)
	}
}

// controller-runtime measures each controller by its name, which dashboards and load tests know.
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
