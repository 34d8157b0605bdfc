package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// web returns a Sandbox with a port.
func web(service *bool) *sandboxv1.Sandbox {
	sandbox := builder.MakeSandbox("a").Namespace("ns").Containers(corev1.Container{
		Name: "main", Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80}},
	}).Obj()
	sandbox.Spec.Service = service
	return sandbox
}

func TestNewService(t *testing.T) {
	sandbox := web(new(true))
	identity := map[string]string{sandboxv1.LabelSandboxNameHash: rules.Hash("a"), sandboxv1.LabelSandboxUID: "sandbox-a-uid"}
	want := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "a", Labels: identity, OwnerReferences: []metav1.OwnerReference{*rules.SandboxOwner(sandbox)},
		},
		Spec: corev1.ServiceSpec{
			ClusterIP: "None", Selector: identity,
			Ports: []corev1.ServicePort{{Name: "http", Port: 80, Protocol: "TCP", TargetPort: intstr.FromInt32(80)}},
		},
	}
	if diff := cmp.Diff(want, rules.NewService(sandbox)); diff != "" {
		t.Errorf("Service (-want +got):\n%s", diff)
	}
}

// Each Service that can have a Sandbox's name must lead to the expected step, for every value of spec.service.
func TestNextService(t *testing.T) {
	const (
		stays, create, change, remove = rules.ServiceStays, rules.ServiceCreate, rules.ServiceChange, rules.ServiceDelete
		refused                       = rules.ServiceStep(-1)
	)
	type service = corev1.Service
	made := func(changes ...func(*service)) *service {
		s := rules.NewService(web(new(true)))
		for _, change := range changes {
			change(s)
		}
		return s
	}
	orphan := func(s *service) { s.OwnerReferences = nil }
	foreign := func(s *service) { s.OwnerReferences = []metav1.OwnerReference{replicaSet} }
	bare := func(s *service) { s.Labels = nil }
	adoptable := func(s *service) { s.Labels = map[string]string{sandboxv1.LabelAdoptable: "true"} }
	yes, unset, no := new(true), (*bool)(nil), new(false)
	for name, tc := range map[string]struct {
		service          *service
		wanted, kept, no rules.ServiceStep // the steps if service is true, unset and false
	}{
		"none":                           {nil, create, stays, stays},
		"its own, as it should be":       {made(), stays, stays, remove},
		"its own, on its way out":        {made(func(s *service) { s.DeletionTimestamp = new(metav1.Now()); s.Spec.Selector = nil }), stays, stays, stays},
		"its own, without its label":     {made(bare), change, change, remove},
		"its own, with labels of others": {made(func(s *service) { s.Labels["team"] = "blue" }), stays, stays, remove},
		"its own, leading elsewhere":     {made(func(s *service) { s.Spec.Selector = map[string]string{"app": "x"} }), change, change, remove},
		"its own, leading to fewer":      {made(func(s *service) { s.Spec.Selector["app"] = "x" }), change, change, remove},
		"its own, from before":           {made(func(s *service) { delete(s.Spec.Selector, sandboxv1.LabelSandboxUID) }), change, change, remove},
		"its own, owned by a version from before": {
			made(func(s *service) { s.OwnerReferences[0] = oldReference(s.OwnerReferences[0]) }), change, change, remove,
		},
		"its own, with a second owner":    {made(func(s *service) { s.OwnerReferences = append(s.OwnerReferences, keeper) }), change, change, remove},
		"its own, as its second owner's":  {made(func(s *service) { s.OwnerReferences = []metav1.OwnerReference{keeper, s.OwnerReferences[0]} }), change, change, remove},
		"its own, with other ports":       {made(func(s *service) { s.Spec.Ports[0].Port = 81 }), change, stays, remove},
		"its own, with a port renamed":    {made(func(s *service) { s.Spec.Ports[0].Name = "web" }), change, stays, remove},
		"its own, with a port explained":  {made(func(s *service) { s.Spec.Ports[0].AppProtocol = new("h2c") }), stays, stays, remove},
		"its own, without ports":          {made(func(s *service) { s.Spec.Ports = nil }), change, stays, remove},
		"nobody's, adoptable":             {made(orphan, adoptable), change, stays, stays},
		"nobody's, of this name before":   {made(orphan), change, stays, stays},
		"nobody's, with no address yet":   {made(orphan, func(s *service) { s.Spec.ClusterIP = "" }), change, stays, stays},
		"nobody's, with an address":       {made(orphan, func(s *service) { s.Spec.ClusterIP = "10.96.0.9" }), refused, stays, stays},
		"nobody's":                        {made(orphan, bare), refused, stays, stays},
		"nobody's, on its way out":        {made(orphan, func(s *service) { s.DeletionTimestamp = new(metav1.Now()) }), refused, stays, stays},
		"somebody else's":                 {made(foreign), refused, refused, stays},
		"somebody else's, on its way out": {made(foreign, func(s *service) { s.DeletionTimestamp = new(metav1.Now()) }), refused, refused, stays},
	} {
		for asked, want := range map[*bool]rules.ServiceStep{yes: tc.wanted, unset: tc.kept, no: tc.no} {
			t.Run(name+", "+map[*bool]string{yes: "true", unset: "unset", no: "false"}[asked], func(t *testing.T) {
				before := tc.service.DeepCopy()
				step, next, err := rules.NextService(web(asked), tc.service, nil)
				if want == refused {
					if step != stays || !rules.IsNameConflict(err) {
						t.Errorf("step %d, error %v; want it refused", step, err)
					}
					return
				}
				if step != want || err != nil {
					t.Fatalf("step %d, error %v; want %d", step, err, want)
				}
				if (next != nil) != (step == create || step == change) {
					t.Errorf("step %d has %v", step, next)
				}
				if next != nil {
					if again, _, err := rules.NextService(web(asked), next, nil); again != stays || err != nil {
						t.Errorf("a second pass would take step %d, error %v", again, err)
					}
				}
				if diff := cmp.Diff(before, tc.service); diff != "" {
					t.Errorf("the Service itself was changed:\n%s", diff)
				}
			})
		}
	}
}

// A Service without its label must be looked for only if there may be one, because that costs a request.
func TestMayHaveUnlabelledService(t *testing.T) {
	const served, unserved = true, false
	for name, tc := range map[string]struct {
		service           *bool
		has               bool
		observed, expires int64 // generation; minutes from now
		want              bool
	}{
		"new":                                    {nil, unserved, 0, 1, false},
		"new, and there is to be one":            {new(true), unserved, 0, 1, false},
		"new, and there is to be none":           {new(false), unserved, 0, 1, false},
		"it has one":                             {new(true), served, 3, 1, true},
		"it has one that is kept":                {nil, served, 3, 1, true},
		"it has one that is to go":               {new(false), served, 3, 1, true},
		"it has none":                            {nil, unserved, 3, 1, false},
		"it has just been told to have one":      {new(true), unserved, 2, 1, false},
		"it has just been told nothing about it": {nil, unserved, 2, 1, false},
		"it has just been told to have none":     {new(false), unserved, 2, 1, true},
		"it is to have none, and knows":          {new(false), unserved, 3, 1, false},
		"expired":                                {nil, unserved, 3, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := builder.MakeSandbox("a").Generation(tc.observed).ShutdownTime(later.Add(time.Duration(tc.expires) * time.Minute))
			if tc.observed > 0 {
				sandbox.Condition("Ready", "True", "DependenciesReady")
			}
			obj := sandbox.Generation(3).Obj()
			obj.Spec.Service = tc.service
			if tc.has {
				obj.Status.Service = "a"
			}
			if got := rules.MayHaveUnlabelledService(obj, later); got != tc.want {
				t.Errorf("looks for it: %t, want %t", got, tc.want)
			}
		})
	}
}

// A Service that a Sandbox takes over must become like one of its own, and keep what does not matter to the Sandbox.
func TestTakeOverService(t *testing.T) {
	sandbox := web(new(true))
	before := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a", Labels: map[string]string{sandboxv1.LabelAdoptable: "true", "team": "blue"}},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com", SessionAffinity: corev1.ServiceAffinityNone},
	}
	_, got, err := rules.NextService(sandbox, before, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := rules.NewService(sandbox)
	want.Labels[sandboxv1.LabelAdoptable], want.Labels["team"] = "true", "blue"
	want.Spec.Type, want.Spec.ClusterIPs, want.Spec.SessionAffinity = corev1.ServiceTypeClusterIP, []string{"None"}, corev1.ServiceAffinityNone
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Service (-want +got):\n%s", diff)
	}
	both := rules.NewService(sandbox) // This is what the API server makes of a Service without a selector.
	both.OwnerReferences, both.Spec.Selector = nil, nil
	both.Spec.IPFamilyPolicy, both.Spec.IPFamilies = new(corev1.IPFamilyPolicyRequireDualStack), []corev1.IPFamily{"IPv4", "IPv6"}
	_, got, err = rules.NextService(sandbox, both, nil)
	if err != nil || *got.Spec.IPFamilyPolicy != "SingleStack" || len(got.Spec.IPFamilies) != 1 || len(both.Spec.IPFamilies) != 2 {
		t.Errorf("with both families: %v, %v", got, err)
	}
	pooled := builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()).Service(true).Obj()
	if _, _, err := rules.NextService(pooled, before, nil); !rules.IsNameConflict(err) {
		t.Errorf("for a Sandbox in a pool: %v", err)
	}
}

// An older Service selects by the hash alone, and must keep doing so until the Pod has the other label.
func TestASelectorWaitsForThePodsLabel(t *testing.T) {
	sandbox := web(new(true))
	old := rules.NewService(sandbox)
	delete(old.Spec.Selector, sandboxv1.LabelSandboxUID)
	labelled := builder.MakePod("a").ControlledBy(sandbox).Obj()
	unlabelled := builder.MakePod("a").ControlledBy(sandbox).WithoutLabel(sandboxv1.LabelSandboxUID).Obj()
	for name, tc := range map[string]struct {
		service *corev1.Service
		pod     *corev1.Pod
		want    rules.ServiceStep
	}{
		"no Pod to lose":         {old, nil, rules.ServiceChange},
		"a Pod with the label":   {old, labelled, rules.ServiceChange},
		"a Pod without":          {old, unlabelled, rules.ServiceStays},
		"never the other way":    {rules.NewService(sandbox), unlabelled, rules.ServiceStays},
		"as it is, and as it is": {rules.NewService(sandbox), labelled, rules.ServiceStays},
	} {
		t.Run(name, func(t *testing.T) {
			if step, _, err := rules.NextService(sandbox, tc.service, tc.pod); step != tc.want || err != nil {
				t.Errorf("step %d, error %v; want %d", step, err, tc.want)
			}
		})
	}
}
