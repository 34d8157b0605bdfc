package policy

import (
	"context"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
)

// engine evaluates a policy as the API server does (compilePolicy in k8s.io/apiserver/pkg/admission/plugin/policy/validating), with the
// expressions that the oldest Kubernetes of the chart knows: 1.30 takes what 1.29 knew already.
type engine struct {
	validator validating.Validator
	checks    []Check
}

func newEngine(t *testing.T, p Policy) engine {
	t.Helper()
	manifest, _ := p.Manifest()
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 29)))
	if err != nil {
		t.Fatal(err)
	}
	whole, rest := plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, plugincel.OptionalVariableDeclarations{}
	mode := environment.NewExpressions
	compile := func(what string, expression plugincel.ExpressionAccessor, options plugincel.OptionalVariableDeclarations) {
		if result := compiler.CompileCELExpression(expression, options, mode); result.Error != nil {
			t.Errorf("%s: %s: %v", p.Name, what, result.Error)
		}
	}
	var variables []plugincel.NamedExpressionAccessor
	for _, v := range manifest.Spec.Variables {
		variables = append(variables, &validating.Variable{Name: v.Name, Expression: v.Expression})
	}
	compiler.CompileAndStoreVariables(variables, whole, mode)
	var conditions, validations, messages []plugincel.ExpressionAccessor
	for i := range manifest.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&manifest.Spec.MatchConditions[i]))
		compile(manifest.Spec.MatchConditions[i].Name, conditions[i], whole)
	}
	for i, v := range manifest.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: v.Expression, Message: v.Message, Reason: v.Reason})
		messages = append(messages, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression})
		compile(v.Expression, validations[i], whole)
		compile(v.MessageExpression, messages[i], rest)
	}
	fail := admissionv1.Fail
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(compiler.CompileCondition(conditions, whole, mode), &fail, "policy", "validate", p.Name)
	}
	return engine{validating.NewValidator(compiler.CompileCondition(validations, whole, mode), matcher,
		compiler.CompileCondition(nil, whole, mode), compiler.CompileCondition(messages, rest, mode), &fail, nil), p.Checks}
}

// request is what the API server asks.
type request struct {
	kind        schema.GroupVersionKind
	resource    string
	subresource string
	user        string
	old, obj    runtime.Object
}

// refusal is the first check that refuses.
type refusal struct {
	rule, message string
}

// ask returns the first refusal, or nil. An expression that cannot be evaluated fails the test.
func (e engine) ask(ctx context.Context, t *testing.T, r request) *refusal {
	t.Helper()
	operation := admission.Update
	if r.old == nil {
		operation = admission.Create
	}
	resource := r.kind.GroupVersion().WithResource(r.resource)
	attributes := admission.NewAttributesRecord(r.obj, r.old, r.kind, "default", "name", resource, r.subresource, operation, nil, false,
		&user.DefaultInfo{Name: r.user})
	result := e.validator.Validate(ctx, resource, &admission.VersionedAttributes{
		Attributes: attributes, VersionedObject: admission.NewLazyObject(r.obj), VersionedOldObject: admission.NewLazyObject(r.old), VersionedKind: r.kind,
	}, nil, nil, celconfig.RuntimeCELCostBudget, nil)
	var first *refusal
	for i, decision := range result.Decisions {
		if decision.Evaluation == validating.EvalError {
			t.Fatalf("%s: %s", e.checks[i].Holds, decision.Message)
		}
		if decision.Action == validating.ActionDeny && first == nil {
			first = &refusal{e.checks[i].Rule, decision.Message}
		}
	}
	return first
}
