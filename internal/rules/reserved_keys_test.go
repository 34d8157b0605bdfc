package rules_test

import (
	"fmt"
	"slices"
	"testing"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const podNamePath = "metadata.annotations[agents.x-k8s.io/pod-name]"

// A Sandbox must name its Pod by its own name, or not at all. Only the controller may write that an existing Sandbox
// has a Pod of another name, or has it no more.
func TestCheckPodNameOfEveryChange(t *testing.T) {
	names := map[string]string{"unset": "", "own": "s", "other": "old-pod", "third": "older-pod", "no name": "old/pod"}
	with := func(name string) *sandboxv1.Sandbox {
		if name == "" {
			return builder.MakeSandbox("s").Obj()
		}
		return builder.MakeSandbox("s").PodName(name).Obj()
	}
	allowed := func(before, after, actor string) bool {
		elsewhere := before == "other" || before == "third"
		switch after {
		case before:
			return true
		case "unset", "own":
			return !elsewhere || actor == "controller"
		default:
			return actor == "controller"
		}
	}
	for actor := range actors {
		for after := range names {
			t.Run(fmt.Sprintf("created as %s by %s", after, actor), func(t *testing.T) {
				wantVerdict(t, rules.CheckPodName(nil, with(names[after]), actors[actor]), after == "unset" || after == "own")
			})
			for before := range names {
				t.Run(fmt.Sprintf("%s to %s by %s", before, after, actor), func(t *testing.T) {
					errs := rules.CheckPodName(with(names[before]), with(names[after]), actors[actor])
					if allowed(before, after, actor) {
						wantRefusals(t, errs)
					} else {
						wantRefusals(t, errs, "FieldValueInvalid "+podNamePath)
					}
				})
			}
		}
	}
}

func TestCheckSandboxReserved(t *testing.T) {
	label, annotation := "metadata.labels", "metadata.annotations"
	keys := map[string]string{
		sandboxv1.LabelWarmPool: label, sandboxv1.LabelTemplateRefHash: label, sandboxv1.LabelTemplateHash: label,
		sandboxv1.LabelPodTemplateHash: label, sandboxv1.LabelLaunchType: label, sandboxv1.LabelClaimUID: label,
		sandboxv1.AnnotationTemplateRef: annotation, sandboxv1.AnnotationNetworkPolicyManagement: annotation,
		sandboxv1.AnnotationClaimLabels: annotation, sandboxv1.AnnotationClaimAnnotations: annotation,
	}
	with := func(key, value string) *sandboxv1.Sandbox {
		w := builder.MakeSandbox("s").Label("app", "free").Annotation("note", "free")
		if keys[key] == label {
			return w.Label(key, value).Obj()
		}
		return w.Annotation(key, value).Obj()
	}
	without := builder.MakeSandbox("s").Obj()
	for key, where := range keys {
		t.Run(key, func(t *testing.T) {
			refusal := fmt.Sprintf("FieldValueForbidden %s[%s]", where, key)
			wantRefusals(t, rules.CheckSandboxReserved(nil, with(key, "x")), refusal)
			wantRefusals(t, rules.CheckSandboxReserved(without, with(key, "x")), refusal)
			wantRefusals(t, rules.CheckSandboxReserved(without, with(key, "")), refusal)
			wantRefusals(t, rules.CheckSandboxReserved(with(key, "x"), without), refusal)
			wantRefusals(t, rules.CheckSandboxReserved(with(key, "x"), with(key, "y")), refusal)
			wantRefusals(t, rules.CheckSandboxReserved(with(key, "x"), with(key, "x")))
		})
	}
	t.Run("what is not reserved", func(t *testing.T) {
		free := builder.MakeSandbox("s").Label("app", "a").Label(sandboxv1.LabelCreatedBy, "me").
			Annotation(sandboxv1.AnnotationPodName, "s").Annotation("note", "b").Obj()
		wantRefusals(t, rules.CheckSandboxReserved(nil, free))
		wantRefusals(t, rules.CheckSandboxReserved(without, free))
		wantRefusals(t, rules.CheckSandboxReserved(free, without))
	})
	t.Run("every difference is said", func(t *testing.T) {
		wantRefusals(t, rules.CheckSandboxReserved(with(sandboxv1.LabelWarmPool, "x"), with(sandboxv1.LabelClaimUID, "y")),
			"FieldValueForbidden metadata.labels["+sandboxv1.LabelWarmPool+"]", "FieldValueForbidden metadata.labels["+sandboxv1.LabelClaimUID+"]")
	})
}

func TestCheckClaimReserved(t *testing.T) {
	without := builder.MakeClaim("c").Obj()
	for _, key := range []string{
		sandboxv1.AnnotationBinding, sandboxv1.AnnotationControllerFirstObservedAt, sandboxv1.AnnotationClaimFirstReadyAt,
	} {
		t.Run(key, func(t *testing.T) {
			with := builder.MakeClaim("c").Annotation(key, "x").Obj()
			refusal := "FieldValueForbidden metadata.annotations[" + key + "]"
			wantRefusals(t, rules.CheckClaimReserved(without, with), refusal)
			wantRefusals(t, rules.CheckClaimReserved(with, without), refusal)
			wantRefusals(t, rules.CheckClaimReserved(with, with))
		})
	}
	t.Run("the label of a binding", func(t *testing.T) {
		with := builder.MakeClaim("c").Label(sandboxv1.LabelBinding, "x").Obj()
		const refusal = "FieldValueForbidden metadata.labels[" + sandboxv1.LabelBinding + "]"
		wantRefusals(t, rules.CheckClaimReserved(without, with), refusal)
		wantRefusals(t, rules.CheckClaimReserved(with, without), refusal)
		wantRefusals(t, rules.CheckClaimReserved(with, with))
	})
	t.Run("what clients write", func(t *testing.T) {
		wantRefusals(t, rules.CheckClaimReserved(without, builder.MakeClaim("c").Label(sandboxv1.LabelCreatedBy, "go-client").
			Annotation(sandboxv1.AnnotationClientFirstRequestedAt, "now").Annotation(sandboxv1.AnnotationTraceContext, "{}").
			Annotation(sandboxv1.AnnotationWebhookFirstObservedAt, "now").Obj()))
	})
}

func TestCheckPoolMember(t *testing.T) {
	for controller := range controllers {
		old := sandboxOf(controller, false)
		changed := old.DeepCopy()
		changed.Spec.PodTemplate.Spec.Containers[0].Image = "evil"
		relabelled := old.DeepCopy()
		relabelled.Labels = map[string]string{"app": "x"}
		t.Run("of "+controller, func(t *testing.T) {
			inPool := slices.Contains([]string{"pool-a", "pool-b", "pool-again"}, controller)
			wantRefusals(t, rules.CheckPoolMember(nil, changed))
			wantRefusals(t, rules.CheckPoolMember(old, relabelled))
			if inPool {
				wantRefusals(t, rules.CheckPoolMember(old, changed), "FieldValueForbidden spec")
			} else {
				wantRefusals(t, rules.CheckPoolMember(old, changed))
			}
		})
	}
}

func TestIsReserved(t *testing.T) {
	for key, want := range map[string]bool{
		"agents.x-k8s.io/anything":            true,
		"extensions.agents.x-k8s.io/anything": true,
		"opentelemetry.io/trace-context":      true,
		"opentelemetry.io/other":              false,
		"agents.x-k8s.io":                     false,
		"my.agents.x-k8s.io/anything":         false,
		"app":                                 false,
		"":                                    false,
	} {
		if got := rules.IsReserved(key); got != want {
			t.Errorf("IsReserved(%q) = %t, want %t", key, got, want)
		}
	}
}
