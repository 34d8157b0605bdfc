package rules_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestIdentityLabels(t *testing.T) {
	pool, claim := builder.MakePool("pool").Template("tpl").Obj(), builder.MakeClaim("c").Template("tpl").Obj()
	type m = map[string]string
	with := func(more m) m {
		labels := m{"agents.x-k8s.io/sandbox-name-hash": "374de8f5", "agents.x-k8s.io/sandbox-uid": "sandbox-my-sandbox-uid"}
		for key, value := range more {
			labels["agents.x-k8s.io/"+key] = value
		}
		return labels
	}
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("my-sandbox") }
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    m
	}{
		"a bare Sandbox, whatever it says of a pool": {
			sandbox: sandbox().Label(sandboxv1.LabelWarmPool, "x").Label(sandboxv1.LabelClaimUID, "z"), want: with(nil),
		},
		"one in a pool": {sandbox: sandbox().Pool(pool), want: with(m{
			"warm-pool-sandbox": "91dd7983", "sandbox-template-ref-hash": "9d22159f", "created-by": "controller",
		})},
		"one in a pool, without labels": {sandbox: sandbox().OwnerReferences(*rules.PoolOwner(pool)), want: with(nil)},
		"one that a claim adopted": {sandbox: sandbox().Pool(pool).ClaimedBy(claim).Label(sandboxv1.LabelWarmPool, "left over"), want: with(m{
			"sandbox-template-ref-hash": "9d22159f", "claim-uid": "sandboxclaim-c-uid",
		})},
		"the claim's UID is that of the controller": {
			sandbox: sandbox().ClaimedBy(claim).Label(sandboxv1.LabelClaimUID, "made up"), want: with(m{"sandbox-template-ref-hash": "9d22159f", "claim-uid": "sandboxclaim-c-uid"}),
		},
		"one of somebody else": {
			sandbox: sandbox().OwnerReferences(controllers["foreign"]...).Label(sandboxv1.LabelWarmPool, "x"), want: with(nil),
		},
		"one that has lost its pool": {sandbox: sandbox().Pool(pool).OwnerReferences(), want: with(m{
			"sandbox-template-ref-hash": "9d22159f", "created-by": "controller",
		})},
		"one that has lost its claim": {sandbox: sandbox().Pool(pool).ClaimedBy(claim).OwnerReferences(), want: with(m{
			"sandbox-template-ref-hash": "9d22159f",
		})},
		"the Go client":         {sandbox: sandbox().Label(sandboxv1.LabelCreatedBy, "go-client"), want: with(m{"created-by": "go-client"})},
		"the Python client":     {sandbox: sandbox().Label(sandboxv1.LabelCreatedBy, "python-client"), want: with(m{"created-by": "python-client"})},
		"another client":        {sandbox: sandbox().Label(sandboxv1.LabelCreatedBy, "curl"), want: with(m{"created-by": "unknown"})},
		"a client without name": {sandbox: sandbox().Label(sandboxv1.LabelCreatedBy, ""), want: with(nil)},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.IdentityLabels(tc.sandbox.Obj())); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPodMetadata(t *testing.T) {
	const fromLabels, fromAnnotations = sandboxv1.AnnotationPropagatedLabels, sandboxv1.AnnotationPropagatedAnnotations
	type m = map[string]string
	name := m{sandboxv1.LabelSandboxNameHash: rules.Hash("a"), sandboxv1.LabelSandboxUID: "sandbox-a-uid"}
	plus := func(base m, more ...string) m {
		sum := maps.Clone(base)
		for i := 0; i < len(more); i += 2 {
			sum[more[i]] = more[i+1]
		}
		return sum
	}
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("a") }
	pool := builder.MakePool("p").Obj()
	pooled := rules.IdentityLabels(sandbox().Pool(pool).Obj())
	for title, tc := range map[string]struct {
		sandbox             *builder.SandboxWrapper
		pod                 *builder.PodWrapper
		labels, annotations m
	}{
		"a new Pod of a template without metadata": {sandbox: sandbox(), labels: name, annotations: m{}},
		"a new Pod": {
			sandbox: sandbox().PodLabel("z", "1").PodLabel("app", "2").PodAnnotation("note", "3"),
			labels:  plus(name, "z", "1", "app", "2"), annotations: m{"note": "3", fromLabels: "app,z", fromAnnotations: "note"},
		},
		"reserved keys of the template are left out": {
			sandbox: sandbox().PodLabel(sandboxv1.LabelSandboxNameHash, "evil").PodLabel("extensions.agents.x-k8s.io/x", "1").PodLabel("app", "2").
				PodAnnotation(sandboxv1.AnnotationTraceContext, "1").PodAnnotation("agents.x-k8s.io/x", "1").PodAnnotation(fromLabels, "app"),
			labels: plus(name, "app", "2"), annotations: m{fromLabels: "app"},
		},
		"what others wrote on the Pod stays": {
			sandbox: sandbox().PodLabel("app", "2"), pod: builder.MakePod("a").Label("mine", "1").Annotation("mine", "2"),
			labels: plus(name, "app", "2", "mine", "1"), annotations: m{"mine": "2", fromLabels: "app"},
		},
		"what the template dropped goes": {
			sandbox: sandbox().PodLabel("app", "2"),
			pod: builder.MakePod("a").Label("app", "1").Label("old", "1").Label("mine", "1").Annotation("note", "1").
				Annotation(fromLabels, "app,old").Annotation(fromAnnotations, "note"),
			labels: plus(name, "app", "2", "mine", "1"), annotations: m{fromLabels: "app"},
		},
		"a reserved key that an older version copied goes": {
			sandbox: sandbox(), pod: builder.MakePod("a").Label("agents.x-k8s.io/x", "1").Annotation(sandboxv1.AnnotationTraceContext, "1").
					Annotation(fromLabels, "agents.x-k8s.io/x,"+sandboxv1.LabelSandboxNameHash+","+sandboxv1.LabelSandboxUID).Annotation(fromAnnotations, sandboxv1.AnnotationTraceContext),
			labels: name, annotations: m{},
		},
		"an empty record, as older versions wrote it": {
			sandbox: sandbox(), pod: builder.MakePod("a").Label("mine", "1").Annotation(fromLabels, "").Annotation(fromAnnotations, ""),
			labels: plus(name, "mine", "1"), annotations: m{},
		},
		"what the Sandbox says of eviction, in a pool": {
			sandbox: sandbox().Pool(pool).Annotation(sandboxv1.AnnotationSafeToEvict, "true").PodAnnotation("note", "3"),
			labels:  pooled, annotations: m{sandboxv1.AnnotationSafeToEvict: "true", "note": "3", fromAnnotations: sandboxv1.AnnotationSafeToEvict + ",note"},
		},
		"the template's word on it goes first": {
			sandbox: sandbox().Pool(pool).Annotation(sandboxv1.AnnotationSafeToEvict, "true").PodAnnotation(sandboxv1.AnnotationSafeToEvict, "false"),
			labels:  pooled, annotations: m{sandboxv1.AnnotationSafeToEvict: "false", fromAnnotations: sandboxv1.AnnotationSafeToEvict},
		},
		"it goes when a claim adopts": {
			sandbox: sandbox().ClaimedBy(builder.MakeClaim("c").Obj()).Annotation(sandboxv1.AnnotationSafeToEvict, "true"),
			pod:     builder.MakePod("a").Annotation(sandboxv1.AnnotationSafeToEvict, "true").Annotation(fromAnnotations, sandboxv1.AnnotationSafeToEvict),
			labels:  plus(name, sandboxv1.LabelClaimUID, "sandboxclaim-c-uid"), annotations: m{},
		},
		"what the template or the claim says of it stays": {
			sandbox: sandbox().ClaimedBy(builder.MakeClaim("c").Obj()).PodAnnotation(sandboxv1.AnnotationSafeToEvict, "false"),
			pod:     builder.MakePod("a").Annotation(sandboxv1.AnnotationSafeToEvict, "true").Annotation(fromAnnotations, sandboxv1.AnnotationSafeToEvict),
			labels:  plus(name, sandboxv1.LabelClaimUID, "sandboxclaim-c-uid"), annotations: m{sandboxv1.AnnotationSafeToEvict: "false", fromAnnotations: sandboxv1.AnnotationSafeToEvict},
		},
		"a pool's word in the pod template counts in the pool": {
			sandbox: sandbox().Pool(pool).PodLabel(sandboxv1.LabelWarmPool, "x").PodAnnotation(sandboxv1.AnnotationSafeToEvict, "true"),
			labels:  pooled, annotations: m{sandboxv1.AnnotationSafeToEvict: "true", fromAnnotations: sandboxv1.AnnotationSafeToEvict},
		},
		"and not when a claim has adopted": {
			sandbox: sandbox().ClaimedBy(builder.MakeClaim("c").Obj()).PodLabel(sandboxv1.LabelWarmPool, "x").
				PodAnnotation(sandboxv1.AnnotationSafeToEvict, "true").PodAnnotation("note", "3"),
			pod:    builder.MakePod("a").Annotation(sandboxv1.AnnotationSafeToEvict, "true").Annotation(fromAnnotations, sandboxv1.AnnotationSafeToEvict),
			labels: plus(name, sandboxv1.LabelClaimUID, "sandboxclaim-c-uid"), annotations: m{"note": "3", fromAnnotations: "note"},
		},
		"unless it is no": {
			sandbox: sandbox().ClaimedBy(builder.MakeClaim("c").Obj()).PodLabel(sandboxv1.LabelWarmPool, "x").
				PodAnnotation(sandboxv1.AnnotationSafeToEvict, "false"),
			labels: plus(name, sandboxv1.LabelClaimUID, "sandboxclaim-c-uid"), annotations: m{sandboxv1.AnnotationSafeToEvict: "false", fromAnnotations: sandboxv1.AnnotationSafeToEvict},
		},
		"outside of a pool the Sandbox has no say in it": {
			sandbox: sandbox().Annotation(sandboxv1.AnnotationSafeToEvict, "true"), labels: name, annotations: m{},
		},
		"the labels of the pool go when a claim adopts": {
			sandbox: sandbox().ClaimedBy(builder.MakeClaim("c").Obj()),
			pod:     builder.MakePod("a").ControlledBy(sandbox().Pool(builder.MakePool("p").Obj()).Obj()),
			labels:  plus(name, sandboxv1.LabelClaimUID, "sandboxclaim-c-uid"), annotations: m{},
		},
	} {
		t.Run(title, func(t *testing.T) {
			var pod *corev1.Pod
			if tc.pod != nil {
				pod = tc.pod.Obj()
			}
			before := pod.DeepCopy()
			labels, annotations := rules.PodMetadata(tc.sandbox.Obj(), pod)
			if diff := cmp.Diff(tc.labels, labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.annotations, annotations); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, pod); diff != "" {
				t.Errorf("the Pod itself was changed:\n%s", diff)
			}
		})
	}
}
