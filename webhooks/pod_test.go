package webhooks

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// replicaSet controls Pods that are no Sandbox's.
var replicaSet = metav1.OwnerReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "web-uid", Controller: new(true)}

type sandboxes = lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]

func op(operation, path string, value any) jsonpatch.Operation {
	return jsonpatch.NewOperation(operation, path, value)
}

func TestPodMutator(t *testing.T) {
	const labels = "/metadata/labels"
	identity := map[string]string{sandboxv1.LabelSandboxNameHash: rules.Hash("runner"), sandboxv1.LabelSandboxUID: "sandbox-runner-uid"}
	bare := builder.MakeSandbox("runner").Obj()
	claimed := builder.MakeSandbox("runner").ClaimedBy(builder.MakeClaim("c").Template("t").Label(sandboxv1.LabelCreatedBy, "curl").Obj()).Obj()
	pod := func(w *builder.PodWrapper) *builder.PodWrapper { return w.OwnerReferences(*rules.SandboxOwner(bare)) }
	for name, tc := range map[string]struct {
		pod  *builder.PodWrapper
		live []client.Object
		want []jsonpatch.Operation
	}{
		"not a Sandbox's Pod": {pod: builder.MakePod("")},
		"without a name": {
			pod: pod(builder.MakePod("")), live: []client.Object{bare},
			want: []jsonpatch.Operation{op("add", "/metadata/name", "runner"), op("add", labels, identity)},
		},
		"with a name to be generated": {
			pod: pod(builder.MakePod("").GenerateName("x-")), live: []client.Object{bare},
			want: []jsonpatch.Operation{op("add", "/metadata/name", "runner"), op("remove", "/metadata/generateName", nil), op("add", labels, identity)},
		},
		"with a name of its own, which validation refuses": {
			pod: pod(builder.MakePod("other")), live: []client.Object{bare}, want: []jsonpatch.Operation{op("add", labels, identity)},
		},
		"with labels, which validation judges": {
			pod: pod(builder.MakePod("runner").Label("app", "x").Label(sandboxv1.LabelSandboxNameHash, "made up")), live: []client.Object{bare},
			want: []jsonpatch.Operation{op("add", labels+"/agents.x-k8s.io~1sandbox-uid", "sandbox-runner-uid")},
		},
		"of a Sandbox of a claim": {
			pod: pod(builder.MakePod("runner").Label("app", "x")), live: []client.Object{claimed},
			want: []jsonpatch.Operation{
				op("add", labels+"/agents.x-k8s.io~1claim-uid", "sandboxclaim-c-uid"), op("add", labels+"/agents.x-k8s.io~1created-by", "unknown"),
				op("add", labels+"/agents.x-k8s.io~1sandbox-name-hash", rules.Hash("runner")),
				op("add", labels+"/agents.x-k8s.io~1sandbox-template-ref-hash", rules.Hash("t")),
				op("add", labels+"/agents.x-k8s.io~1sandbox-uid", "sandbox-runner-uid"),
			},
		},
		"of a Sandbox that does not exist, under the name that it would have": {
			pod: pod(builder.MakePod("")), want: []jsonpatch.Operation{op("add", "/metadata/name", "runner")},
		},
		"of an earlier Sandbox of that name, whose labels are not those of the later one": {
			pod: pod(builder.MakePod("")), live: []client.Object{builder.MakeSandbox("runner").UID("later").Obj()},
			want: []jsonpatch.Operation{op("add", "/metadata/name", "runner")},
		},
		"that has all": {pod: builder.MakePod("runner").ControlledBy(bare), live: []client.Object{bare}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &podMutator{sandboxes: sandboxes{cache: shelfOf(), live: shelfOf(tc.live...)}}
			response := m.Handle(t.Context(), request(t, someUser, nil, tc.pod.Obj()))
			if !response.Allowed {
				t.Fatalf("refused: %v", response.Result)
			}
			if diff := cmp.Diff(tc.want, response.Patches); diff != "" {
				t.Errorf("patch (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the look-up fails", func(t *testing.T) {
		m := &podMutator{sandboxes: sandboxes{cache: shelfOf(), live: &shelf{err: errors.New("lost")}}}
		if got := answer(m.Handle(t.Context(), request(t, someUser, nil, pod(builder.MakePod("")).Obj()))); got != "500" {
			t.Errorf("got %s", got)
		}
	})
}

func TestPodValidator(t *testing.T) {
	bare := builder.MakeSandbox("runner").Obj()
	pooled := builder.MakeSandbox("pooled").Pool(builder.MakePool("p").Obj()).Obj()
	claimed := builder.MakeSandbox("claimed").ClaimedBy(builder.MakeClaim("c").Obj()).Obj()
	heir := builder.MakeSandbox("heir").PodName("pods-x7f2k").Obj()
	label := func(w *builder.PodWrapper) *builder.PodWrapper {
		return w.Label(sandboxv1.LabelSandboxUID, string(bare.UID))
	}
	two := func(w *builder.PodWrapper) *builder.PodWrapper {
		return w.OwnerReferences(*rules.SandboxOwner(bare), metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "keep", UID: "keep"})
	}
	of := func(name string, sandbox *sandboxv1.Sandbox) *builder.PodWrapper {
		return builder.MakePod(name).ControlledBy(sandbox)
	}
	unlabelled := func(sandbox *sandboxv1.Sandbox) *builder.PodWrapper {
		return of(sandbox.Name, sandbox).WithoutLabel(sandboxv1.LabelWarmPool)
	}
	sharing := func(sandbox *sandboxv1.Sandbox) *builder.PodWrapper {
		return builder.MakePod(sandbox.Name).OwnerReferences(*rules.SandboxOwner(sandbox)).Label(sandboxv1.LabelSandboxNameHash, sandboxv1.SharedNameHash)
	}
	const ref = "metadata.ownerReferences[0]"
	for name, tc := range map[string]struct {
		user     string
		old, pod *builder.PodWrapper
		want     string
	}{
		"a user creates a Sandbox's Pod":                  {user: someUser, pod: of("runner", bare), want: "allowed"},
		"the controller creates a Sandbox's Pod":          {user: controllerUser, pod: of("runner", bare), want: "allowed"},
		"a user creates a second one":                     {user: someUser, pod: of("runner-2", bare), want: "422 FieldValueInvalid metadata.name"},
		"so does the controller":                          {user: controllerUser, pod: of("runner-2", bare), want: "422 FieldValueInvalid metadata.name"},
		"a Pod for an earlier Sandbox":                    {user: controllerUser, pod: of("runner", builder.MakeSandbox("runner").UID("earlier").Obj()), want: "422 FieldValueInvalid " + ref + ".uid"},
		"a Pod for a Sandbox that does not exist":         {user: someUser, pod: of("gone", builder.MakeSandbox("gone").Obj()), want: "422 FieldValueInvalid " + ref + ".uid"},
		"a user creates a pool's Pod":                     {user: someUser, pod: of("pooled", pooled), want: "422 FieldValueInvalid " + ref},
		"the controller creates a pool's Pod":             {user: controllerUser, pod: of("pooled", pooled), want: "allowed"},
		"a user changes what is in a pool's Pod":          {user: someUser, old: of("pooled", pooled), pod: of("pooled", pooled).Image("evil"), want: "403"},
		"the controller does":                             {user: controllerUser, old: of("pooled", pooled), pod: of("pooled", pooled).Image("evil"), want: "allowed"},
		"a user changes where it may run":                 {user: someUser, old: of("pooled", pooled), pod: of("pooled", pooled).NodeSelector("zone", "a"), want: "allowed"},
		"a user changes what is in the Pod of a claim":    {user: someUser, old: of("claimed", claimed), pod: of("claimed", claimed).Image("evil"), want: "allowed"},
		"and that has lost the pool's label":              {user: someUser, old: unlabelled(pooled), pod: unlabelled(pooled).Image("evil"), want: "403"},
		"and that shares its labels":                      {user: someUser, old: sharing(pooled), pod: sharing(pooled).Image("evil"), want: "403"},
		"the same with where it may run":                  {user: someUser, old: sharing(pooled), pod: sharing(pooled).NodeSelector("zone", "a"), want: "allowed"},
		"the same with a Pod of a claim":                  {user: someUser, old: sharing(claimed), pod: sharing(claimed).Image("evil"), want: "allowed"},
		"the same with that of a bare Sandbox":            {user: someUser, old: of("runner", bare), pod: of("runner", bare).Image("evil"), want: "allowed"},
		"a Pod of nobody":                                 {user: someUser, pod: builder.MakePod("x"), want: "allowed"},
		"a user changes labels of their own":              {user: someUser, old: of("runner", bare), pod: of("runner", bare).Label("app", "x"), want: "allowed"},
		"a user changes a label that routes":              {user: someUser, old: of("runner", bare), pod: of("runner", bare).Label(sandboxv1.LabelClaimUID, "x"), want: "403"},
		"the controller changes a label that routes":      {user: controllerUser, old: of("runner", bare), pod: of("runner", bare).Label(sandboxv1.LabelClaimUID, "x"), want: "allowed"},
		"a user takes the controller away":                {user: someUser, old: of("runner", bare), pod: of("runner", bare).OwnerReferences(), want: "422 FieldValueInvalid metadata.ownerReferences"},
		"the garbage collector changes an identity":       {user: collectorUser, old: of("runner", bare), pod: of("runner", bare).Label(sandboxv1.LabelClaimUID, "x"), want: "403"},
		"the garbage collector takes the controller away": {user: collectorUser, old: of("runner", bare), pod: of("runner", bare).OwnerReferences(), want: "allowed"},
		"a Pod out of an old-style pool goes on":          {user: someUser, old: of("old", bare), pod: of("old", bare).Label("app", "x"), want: "allowed"},
		"a Pod of nobody is given to its namesake":        {user: someUser, old: builder.MakePod("runner"), pod: builder.MakePod("runner").OwnerReferences(*rules.SandboxOwner(bare)), want: "allowed"},
		"the controller takes a Pod of nobody over":       {user: controllerUser, old: builder.MakePod("runner"), pod: of("runner", bare), want: "allowed"},
		"the controller takes one over into a pool":       {user: controllerUser, old: builder.MakePod("pooled"), pod: of("pooled", pooled), want: "422 FieldValueInvalid " + ref},
		"a user creates the Pod of a claim's Sandbox":     {user: someUser, pod: of("claimed", claimed), want: "422 FieldValueInvalid " + ref},
		"the controller creates it":                       {user: controllerUser, pod: of("claimed", claimed), want: "allowed"},
		"a user gives a Pod to a claim's Sandbox":         {user: someUser, old: builder.MakePod("claimed"), pod: of("claimed", claimed), want: "422 FieldValueInvalid " + ref},
		"the controller takes one over under a claim":     {user: controllerUser, old: builder.MakePod("claimed"), pod: of("claimed", claimed), want: "422 FieldValueInvalid " + ref},
		"a second Pod beside an old one":                  {user: someUser, pod: of("heir", heir), want: "422 FieldValueInvalid " + ref},
		"the controller, which found the old one gone":    {user: controllerUser, pod: of("heir", heir), want: "allowed"},
		"a second Pod, given to it":                       {user: someUser, old: builder.MakePod("heir"), pod: builder.MakePod("heir").OwnerReferences(*rules.SandboxOwner(heir)), want: "422 FieldValueInvalid " + ref},
		"a Pod of nobody is given two owners at once":     {user: someUser, old: builder.MakePod("runner"), pod: two(builder.MakePod("runner")), want: "422 FieldValueInvalid metadata.ownerReferences"},
		"a Pod of nobody with a Sandbox's label":          {user: someUser, pod: label(builder.MakePod("x")), want: "403"},
		"a Deployment's Pod with a Sandbox's label":       {user: someUser, pod: label(builder.MakePod("x")).OwnerReferences(replicaSet), want: "403"},
		"a Pod of nobody gets a Sandbox's label":          {user: someUser, old: builder.MakePod("x"), pod: label(builder.MakePod("x")), want: "403"},
		"and loses it":                                    {user: someUser, old: label(builder.MakePod("x")), pod: builder.MakePod("x"), want: "allowed"},
		"the controller labels a Pod of nobody":           {user: controllerUser, old: builder.MakePod("x"), pod: label(builder.MakePod("x")), want: "allowed"},
		"a Pod of nobody is given to another Sandbox":     {user: someUser, old: builder.MakePod("x"), pod: builder.MakePod("x").OwnerReferences(*rules.SandboxOwner(bare)), want: "422 FieldValueInvalid metadata.name"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &podValidator{sandboxes: sandboxes{cache: shelfOf(), live: shelfOf(bare, pooled, claimed, heir)}, actor: actorOf}
			var old *corev1.Pod
			if tc.old != nil {
				old = tc.old.Obj()
			}
			if got := answer(v.Handle(t.Context(), request(t, tc.user, old, tc.pod.Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	t.Run("the look-up fails", func(t *testing.T) {
		v := &podValidator{sandboxes: sandboxes{cache: shelfOf(), live: &shelf{err: errors.New("lost")}}, actor: actorOf}
		if got := answer(v.Handle(t.Context(), request(t, someUser, nil, of("runner", bare).Obj()))); got != "500" {
			t.Errorf("got %s", got)
		}
	})
	t.Run("what is no JSON", func(t *testing.T) {
		v := &podValidator{sandboxes: sandboxes{cache: shelfOf(), live: shelfOf()}, actor: actorOf}
		garbage := runtime.RawExtension{Raw: []byte(`{"metadata":7}`)}
		for _, req := range []admission.Request{
			{AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Create, Object: garbage}},
			{AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Update, Object: runtime.RawExtension{Raw: []byte(`{}`)}, OldObject: garbage}},
		} {
			if got := answer(v.Handle(t.Context(), req)); got != "400" {
				t.Errorf("got %s", got)
			}
		}
	})
}

// The manager asks in dry runs what the API server says of a template's Pod, under a Sandbox that does not exist.
func TestPodValidatorPassesTrials(t *testing.T) {
	trial := rules.NewPod(rules.SampleSandbox(builder.MakeTemplate("t").Obj()))
	misnamed := trial.DeepCopy()
	misnamed.Name = "other"
	for name, tc := range map[string]struct {
		user string
		dry  bool
		pod  *corev1.Pod
		want string
	}{
		"the manager asks":                 {controllerUser, true, trial, "allowed"},
		"the manager creates it":           {controllerUser, false, trial, "422 FieldValueInvalid metadata.ownerReferences[0].uid"},
		"a user asks":                      {someUser, true, trial, "422 FieldValueInvalid metadata.ownerReferences[0].uid"},
		"the manager asks for a wrong one": {controllerUser, true, misnamed, "422 FieldValueInvalid metadata.name"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &podValidator{sandboxes: sandboxes{cache: shelfOf(), live: shelfOf()}, actor: actorOf}
			req := request(t, tc.user, nil, tc.pod)
			req.DryRun = &tc.dry
			if got := answer(v.Handle(t.Context(), req)); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// The cache may not know yet that a Sandbox has its old Pod no more.
func TestPodValidatorReadsLiveOfOldPods(t *testing.T) {
	before, after := builder.MakeSandbox("heir").PodName("pods-x7f2k").Obj(), builder.MakeSandbox("heir").PodName("heir").Obj()
	for name, tc := range map[string]struct {
		live *sandboxv1.Sandbox
		want string
	}{
		"it has it no more": {after, "allowed"},
		"it still has it":   {before, "422 FieldValueInvalid metadata.ownerReferences[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &podValidator{sandboxes: sandboxes{cache: shelfOf(before), live: shelfOf(tc.live)}, actor: actorOf}
			if got := answer(v.Handle(t.Context(), request(t, someUser, nil, builder.MakePod("heir").ControlledBy(after).Obj()))); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// TestPodValidatorSaysWhatToDo checks the exact message, because its words are a promise.
func TestPodValidatorSaysWhatToDo(t *testing.T) {
	bare := builder.MakeSandbox("runner").Obj()
	v := &podValidator{sandboxes: sandboxes{cache: shelfOf(bare), live: shelfOf(bare)}, actor: actorOf}
	response := v.Handle(t.Context(), request(t, someUser, nil, builder.MakePod("runner-2").ControlledBy(bare).Obj()))
	const want = `Pod "runner-2" is invalid: metadata.name: Invalid value: "runner-2": ` +
		`this Pod is controlled by Sandbox "runner", and a Sandbox's Pod bears its name: use "runner", or leave metadata.name out`
	if got := response.Result.Message; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzPodMutator(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `7`, `[]`, `{}`, `{"metadata":null}`, `{"metadata":7}`, `{"metadata":{"ownerReferences":null}}`,
		`{"metadata":{"ownerReferences":[{}]}}`, `{"metadata":{"ownerReferences":[null]}}`,
		`{"metadata":{"ownerReferences":[{"apiVersion":"agents.x-k8s.io/v1beta1","kind":"Sandbox","controller":true}]}}`,
		`{"metadata":{"labels":{"a":7},"ownerReferences":[{"apiVersion":"agents.x-k8s.io/v1beta1","kind":"Sandbox","name":"runner","controller":true}]}}`,
		`{"metadata":{"name":"","generateName":"x-","labels":null,"ownerReferences":[{"apiVersion":"agents.x-k8s.io/v1","kind":"Sandbox","name":"runner","uid":"sandbox-runner-uid","controller":true}]}}`,
		`{"metadata":{"ownerReferences":[{"apiVersion":"agents.x-k8s.io/v1/x","kind":"Sandbox","name":"../..","controller":true}]}}`,
		"{\"metadata\":{\"name\":\"\xff\"}}",
	} {
		f.Add([]byte(seed))
	}
	sandbox := builder.MakeSandbox("runner").Obj()
	l := sandboxes{cache: shelfOf(sandbox), live: shelfOf(sandbox)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		req := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
			Namespace: builder.DefaultNamespace, Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: raw},
		}}
		for _, handler := range []admission.Handler{&podMutator{sandboxes: l}, &podValidator{sandboxes: l, actor: actorOf}, &sandboxMutator{actor: actorOf}} {
			response := handler.Handle(t.Context(), req)
			if !response.Allowed && response.Result.Code != 400 && response.Result.Code != 403 && response.Result.Code != 422 {
				t.Errorf("%T answers %s", handler, answer(response))
			}
		}
	})
}
