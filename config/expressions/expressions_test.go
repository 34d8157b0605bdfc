package expressions

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"
)

const repository = "../.."

var lowerBound = regexp.MustCompile(`(?m)^kubeVersion: ">=1\.(\d+)\.0-0"$`)

// oldest returns the environment in which the oldest Kubernetes of the chart compiles an expression that is new to it. That is the
// environment of the version before, to which it may be rolled back (environment.DefaultCompatibilityVersion).
func oldest(t *testing.T) *environment.EnvSet {
	t.Helper()
	found := lowerBound.FindSubmatch(read(t, "charts/namesake/Chart.yaml"))
	if found == nil {
		t.Fatal("Chart.yaml does not say from which version on")
	}
	minor, err := strconv.ParseUint(string(found[1]), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return environment.MustBaseEnvSet(version.MajorMinor(1, uint(minor)-1))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheRulesOfTheCRDs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d CRDs, %v", len(files), err)
	}
	env, compiled := oldest(t), 0
	for _, file := range files {
		n, problems := compile("", structural(t, strings.TrimPrefix(filepath.ToSlash(file), repository+"/")), true, env)
		compiled += n
		for _, problem := range problems {
			t.Errorf("%s: %s", filepath.Base(file), problem)
		}
	}
	if compiled < 12 {
		t.Errorf("%d rules were compiled", compiled)
	}
}

// compile compiles the rules of s, which is at path, and of all below it. It returns how many there are, and what is wrong.
func compile(path string, s *schema.Structural, root bool, env *environment.EnvSet) (n int, problems []string) {
	results, err := schemacel.Compile(s, model.SchemaDeclType(s, root), celconfig.PerCallLimit, env, schemacel.NewExpressionsEnvLoader())
	if err != nil {
		problems = append(problems, fmt.Sprintf("%s: %v", path, err))
	}
	for i, result := range results {
		if result.Error != nil {
			problems = append(problems, fmt.Sprintf("%s: %s: %v", path, s.XValidations[i].Rule, result.Error))
		}
	}
	n = len(results)
	below := map[string]*schema.Structural{}
	for name := range s.Properties {
		child := s.Properties[name]
		below["."+name] = &child
	}
	if s.Items != nil {
		below["[]"] = s.Items
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Structural != nil {
		below["{}"] = s.AdditionalProperties.Structural
	}
	for _, name := range slices.Sorted(maps.Keys(below)) {
		more, wrong := compile(path+name, below[name], false, env)
		n, problems = n+more, append(problems, wrong...)
	}
	return n, problems
}

// The patterns of names allow what Kubernetes allows. The library "format", which could say that, came later than the oldest version.
func TestThePatternsOfNames(t *testing.T) {
	names := []string{
		"", "a", "0", "a-b", "a--b", "-a", "a-", "A", "a_b", "a.b", "a..b", ".a", "a.", "a.-b", "a-.b", "a b", "a\n", "\na", "\u00e4",
		strings.Repeat("a", 63), strings.Repeat("a", 64), "b." + strings.Repeat("a", 64), strings.Repeat("a.", 126) + "a",
	}
	for file, tc := range map[string]struct {
		field  string
		label  bool
		wanted func(string) []string
	}{
		"extensions.agents.x-k8s.io_sandboxwarmpools.yaml": {"spec sandboxTemplateRef name", false, validation.IsDNS1123Subdomain},
		"extensions.agents.x-k8s.io_sandboxclaims.yaml":    {"spec warmPoolRef name", false, validation.IsDNS1123Subdomain},
		"agents.x-k8s.io_sandboxes.yaml":                   {"spec volumeClaimTemplates [] metadata name", true, validation.IsDNS1123Label},
	} {
		rule := at(structural(t, "config/crd/bases/"+file), tc.field).XValidations[0].Rule
		pattern := regexp.MustCompile(`matches\('(.*)'\)`).FindStringSubmatch(rule)
		if pattern == nil {
			t.Fatalf("%s: no pattern in %s", file, rule)
		}
		for _, name := range names {
			want := len(tc.wanted(name)) == 0
			got := regexp.MustCompile(pattern[1]).MatchString(name) && (!tc.label || len(name) <= 63)
			if got != want {
				t.Errorf("%s: %q: %t", file, name, got)
			}
		}
	}
}

// structural returns the schema of the CRD in that file.
func structural(t *testing.T, file string) *schema.Structural {
	t.Helper()
	crd, internal := &apiextensionsv1.CustomResourceDefinition{}, &apiextensions.JSONSchemaProps{}
	if err := yaml.UnmarshalStrict(read(t, file), crd); err != nil {
		t.Fatal(err)
	}
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		crd.Spec.Versions[0].Schema.OpenAPIV3Schema, internal, nil); err != nil {
		t.Fatal(err)
	}
	s, err := schema.NewStructural(internal)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at returns the schema of a field.
func at(s *schema.Structural, path string) *schema.Structural {
	for name := range strings.FieldsSeq(path) {
		if name == "[]" {
			s = s.Items
			continue
		}
		child := s.Properties[name]
		s = &child
	}
	return s
}

// A rule that needs a later version is noticed.
func TestALaterRuleIsNoticed(t *testing.T) {
	s := &schema.Structural{Generic: schema.Generic{Type: "string"}}
	for rule, want := range map[string]bool{
		"self.matches('^a$')": true, "!format.dns1123Label().validate(self).hasValue()": false,
		"semver(self).major() > 0": false, "self.nothing": false,
	} {
		s.XValidations = apiextensionsv1.ValidationRules{{Rule: rule}}
		if n, problems := compile("", s, false, oldest(t)); n != 1 || (len(problems) == 0) != want {
			t.Errorf("%s: %d rules, %v", rule, n, problems)
		}
	}
}

func TestTheConditionsOfTheWebhooks(t *testing.T) {
	compiler, compiled := plugincel.NewCompiler(oldest(t)), 0
	check := func(name string, conditions []admissionregistrationv1.MatchCondition) {
		for i := range conditions {
			compiled++
			result := compiler.CompileCELExpression((*matchconditions.MatchCondition)(&conditions[i]),
				plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
			if result.Error != nil {
				t.Errorf("%s: %s: %v", name, conditions[i].Name, result.Error)
			}
		}
	}
	for document := range strings.SplitSeq(string(read(t, "config/webhook/manifests.yaml")), "\n---\n") {
		var mutators admissionregistrationv1.MutatingWebhookConfiguration
		var validators admissionregistrationv1.ValidatingWebhookConfiguration
		if err := yaml.Unmarshal([]byte(document), &mutators); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(document), &validators); err != nil {
			t.Fatal(err)
		}
		if mutators.Kind == "MutatingWebhookConfiguration" {
			for _, hook := range mutators.Webhooks {
				check(hook.Name, hook.MatchConditions)
			}
			continue
		}
		for _, hook := range validators.Webhooks {
			check(hook.Name, hook.MatchConditions)
		}
	}
	if compiled < 3 {
		t.Errorf("%d conditions were compiled", compiled)
	}
}

func TestTheSampleOfAPolicy(t *testing.T) {
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{}
	if err := yaml.UnmarshalStrict(read(t, "config/samples/policies/exec.yaml"), policy); err != nil || len(policy.Spec.Validations) == 0 {
		t.Fatalf("%v: %v", policy.Spec.Validations, err)
	}
	for _, validation := range policy.Spec.Validations {
		result := plugincel.NewCompiler(oldest(t)).CompileCELExpression(
			&validating.ValidationCondition{Expression: validation.Expression, Message: validation.Message, Reason: validation.Reason},
			plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
		if result.Error != nil {
			t.Errorf("%s: %v", validation.Expression, result.Error)
		}
	}
}
