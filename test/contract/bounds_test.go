package contract

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"
)

// boundedElsewhere are the fields that need no bound here, with the reason.
var boundedElsewhere = map[string]string{
	"apiVersion": "the API server takes the kind's own only",
	"kind":       "the API server takes the kind's own only",
	"metadata":   "the API server allows no bounds there, and has its own for names, keys, values and the sum of annotations",
}

// Whatever a user can write has a bound, so that it is refused before anything reads it.
func TestEverythingIsBounded(t *testing.T) {
	for kind, crd := range readCRDs(t) {
		for _, problem := range unbounded("", rootSchema(crd)) {
			t.Error(kind, problem)
		}
	}
}

// unbounded says which fields at path and below have no bound, or one that lets through what Go cannot read.
func unbounded(path string, s *jsonSchema) []string {
	if boundedElsewhere[path] != "" {
		return nil
	}
	var problems []string
	if lacks := lacking(s); lacks != "" {
		problems = append(problems, path+": "+lacks)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		child := s.Properties[name]
		problems = append(problems, unbounded(join(path, name), &child)...)
	}
	if s.Items != nil && s.Items.Schema != nil {
		problems = append(problems, unbounded(path+"[]", s.Items.Schema)...)
	}
	if values := s.AdditionalProperties; values != nil && values.Schema != nil {
		problems = append(problems, unbounded(path+"{}", values.Schema)...)
	}
	return problems
}

// lacking says which bound s lacks, if any.
func lacking(s *jsonSchema) string {
	switch {
	case ptr.Deref(s.XPreserveUnknownFields, false):
		return "anything may be in it"
	case s.AdditionalProperties != nil && (s.AdditionalProperties.Schema == nil || s.MaxProperties == nil):
		return "a map without maxProperties, or of anything"
	case s.Type == "array" && s.MaxItems == nil:
		return "a list without maxItems"
	case s.Type == "string" && s.MaxLength == nil && len(s.Enum) == 0:
		return "a text without maxLength or enum"
	case s.XIntOrString && s.Pattern == "" && (s.MaxLength == nil || !fits(s, math.MinInt32, math.MaxInt32)):
		return "an int-or-string without maxLength, or with numbers that are no int32"
	case s.XIntOrString && s.Pattern != "":
		return lettingThrough(s.Pattern)
	case s.Type == "integer" && s.Format == "int32" && !fits(s, math.MinInt32, math.MaxInt32):
		return "a number that is no int32 fits"
	case s.Type == "integer" && s.Format == "int64", s.Type == "integer" && s.Format == "int32": // See TestNumbersBeyondInt64.
		return ""
	case s.Type == "integer", s.Type == "number":
		return "a number without a format"
	}
	return ""
}

func fits(s *jsonSchema, least, most float64) bool {
	return s.Minimum != nil && *s.Minimum >= least && s.Maximum != nil && *s.Maximum <= most
}

// lettingThrough says which quantity that takes too long to read, or cannot be read, pattern lets through.
func lettingThrough(pattern string) string {
	for _, quantity := range []string{
		"1e1.5", "1e-900000000", "1e900000000", "1E100", "1e-100", "1e+100", "-1e100", ".1e100", "1e0000000001",
		strings.Repeat("9", 21), "0." + strings.Repeat("0", 21), "." + strings.Repeat("1", 21), "1e", "", "1 ",
	} {
		if regexp.MustCompile(pattern).MatchString(quantity) {
			return "the pattern lets through " + quantity
		}
	}
	return ""
}

// Every bound is taken away once: the test above must notice.
func TestARemovedBoundIsNoticed(t *testing.T) {
	bounds := map[string]func(*jsonSchema) bool{ // Say whether there was one.
		"maxItems":      func(s *jsonSchema) bool { had := s.MaxItems != nil; s.MaxItems = nil; return had },
		"maxProperties": func(s *jsonSchema) bool { had := s.MaxProperties != nil; s.MaxProperties = nil; return had },
		"maxLength":     func(s *jsonSchema) bool { had := s.MaxLength != nil && len(s.Enum) == 0; s.MaxLength = nil; return had },
		"enum":          func(s *jsonSchema) bool { had := len(s.Enum) > 0 && s.MaxLength == nil; s.Enum = nil; return had },
		"maximum":       func(s *jsonSchema) bool { had := s.Maximum != nil; s.Maximum = nil; return had },
		"pattern": func(s *jsonSchema) bool {
			had := s.XIntOrString && s.Pattern != ""
			if had {
				s.Pattern = `^[0-9]+([eE][0-9]+)?$`
			}
			return had
		},
	}
	for kind, crd := range readCRDs(t) {
		for name, remove := range bounds {
			removed := 0
			each(rootSchema(crd), func(s *jsonSchema) {
				before := *s
				if remove(s) {
					removed++
					if lacking(s) == "" {
						t.Errorf("%s: a missing %s is not noticed in %v", kind, name, before)
					}
				}
				*s = before
			})
			if removed == 0 && kind == "Sandbox" {
				t.Errorf("%s: no %s anywhere", kind, name)
			}
		}
	}
}

// each calls do for s and all schemas below it.
func each(s *jsonSchema, do func(*jsonSchema)) {
	do(s)
	for _, child := range s.Properties {
		each(&child, do)
	}
	if s.Items != nil && s.Items.Schema != nil {
		each(s.Items.Schema, do)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		each(s.AdditionalProperties.Schema, do)
	}
}

// withContainer writes a Pod whose container has this besides its name and image.
func withContainer(text string) string {
	return "podTemplate: {spec: {containers: [{name: main, image: busybox, " + text + "}]}}\n"
}

func withPod(text string) string {
	return "podTemplate: {spec: {containers: [{name: main, image: busybox}], " + text + "}}\n"
}

// A quantity has another type beside it, so the server names the field twice at times: paths are compared, each once.
func TestBoundsHold(t *testing.T) {
	c := server(t)
	const main = "spec.podTemplate.spec.containers[0]"
	for name, tc := range map[string]struct {
		kind, spec string
		want       []string
	}{
		"quantities as people write them": {kind: "Sandbox", spec: withContainer(
			"resources: {limits: {cpu: 1, memory: 1.5Gi, a/b: '0.1', a/c: 1e3, a/d: 1E, a/e: 12E+2, a/f: 500m, a/g: '+1k', a/h: -1, a/i: '.5'}}")},
		"a negative exponent":                        {kind: "Sandbox", spec: withContainer("resources: {limits: {cpu: '1e-900000000'}}"), want: []string{main + ".resources.limits.cpu"}},
		"a positive exponent":                        {kind: "Sandbox", spec: withContainer("resources: {limits: {cpu: '1e900000000'}}"), want: []string{main + ".resources.limits.cpu"}},
		"an exponent in a template's init container": {kind: "SandboxTemplate", spec: withPod("initContainers: [{name: a, image: a, resources: {requests: {memory: '1E-10000000'}}}]"), want: []string{"spec.podTemplate.spec.initContainers[0].resources.requests.memory"}},
		"an exponent in a claim's volume":            {kind: "SandboxClaim", spec: pool + strings.ReplaceAll(claims("data"), "1Gi", "'1e-900000000'"), want: []string{"spec.volumeClaimTemplates[0].spec.resources.requests.storage"}},
		"an exponent in the overhead":                {kind: "Sandbox", spec: withPod("overhead: {cpu: '1e-900000000'}"), want: []string{"spec.podTemplate.spec.overhead.cpu"}},
		"an exponent in the size of a volume":        {kind: "Sandbox", spec: withPod("volumes: [{name: a, emptyDir: {sizeLimit: '1e-900000000'}}]"), want: []string{"spec.podTemplate.spec.volumes[0].emptyDir.sizeLimit"}},
		"an exponent in a divisor":                   {kind: "Sandbox", spec: withContainer("env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: '1e-900000000'}}}]"), want: []string{main + ".env[0].valueFrom.resourceFieldRef.divisor"}},
		"an exponent that Go does not read":          {kind: "Sandbox", spec: withContainer("resources: {limits: {cpu: '1e1.5'}}"), want: []string{main + ".resources.limits.cpu"}},
		"a million digits":                           {kind: "Sandbox", spec: withContainer("resources: {limits: {cpu: '" + strings.Repeat("1", 1000000) + "'}}"), want: []string{main + ".resources.limits.cpu"}},
		"a port that is no int32":                    {kind: "Sandbox", spec: withContainer("livenessProbe: {httpGet: {port: 3000000000}}"), want: []string{main + ".livenessProbe.httpGet.port"}},
		"a port far below":                           {kind: "SandboxTemplate", spec: withContainer("readinessProbe: {tcpSocket: {port: -3000000000}}"), want: []string{main + ".readinessProbe.tcpSocket.port"}},
		"a port of a NetworkPolicy":                  {kind: "SandboxTemplate", spec: pod + "networkPolicy: {egress: [{ports: [{port: 3000000000, endPort: 3000000000}]}]}", want: []string{"spec.networkPolicy.egress[0].ports[0].endPort", "spec.networkPolicy.egress[0].ports[0].port"}},
		"a number that is no int32":                  {kind: "Sandbox", spec: withPod("priority: 3000000000"), want: []string{"spec.podTemplate.spec.priority"}},
		"a time to live that is no int32":            {kind: "SandboxClaim", spec: pool + "lifecycle: {ttlSecondsAfterFinished: 3000000000}", want: []string{"spec.lifecycle.ttlSecondsAfterFinished"}},
		"a time of many digits":                      {kind: "SandboxClaim", spec: pool + "lifecycle: {shutdownTime: '2030-01-01T00:00:00." + strings.Repeat("1", 100000) + "Z'}", want: []string{"spec.lifecycle.shutdownTime"}},
		"5,000 tolerations":                          {kind: "SandboxTemplate", spec: withPod("tolerations: [" + strings.Repeat("{}, ", 5000) + "]"), want: []string{"spec.podTemplate.spec.tolerations"}},
		"10,000 labels":                              {kind: "SandboxClaim", spec: pool + "additionalPodMetadata: {labels: {" + strings.Join(numberedValues(10000), ", ") + "}}", want: []string{"spec.additionalPodMetadata.labels"}},
		"10,000 annotations":                         {kind: "Sandbox", spec: "podTemplate: {spec: {containers: [{name: main, image: busybox}]}, metadata: {annotations: {" + strings.Join(numberedValues(10000), ", ") + "}}}", want: []string{"spec.podTemplate.metadata.annotations"}},
		"30,000 variables":                           {kind: "SandboxClaim", spec: pool + "env: [" + strings.Repeat("{name: A, value: a}, ", 30000) + "]", want: []string{"spec.env"}},
		"a label whose value no label has":           {kind: "Sandbox", spec: "podTemplate: {spec: {containers: [{name: main, image: busybox}]}, metadata: {labels: {a: " + long(64) + "}}}", want: []string{"spec.podTemplate.metadata.labels.a"}},
		"a variable that Linux takes":                {kind: "Sandbox", spec: withContainer("env: [{name: A, value: " + long(131072) + "}]")},
		"a variable that Linux does not take":        {kind: "Sandbox", spec: withContainer("env: [{name: A, value: " + long(131073) + "}]"), want: []string{main + ".env[0].value"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := dryRun(t, c, object(t, tc.kind, "runner", tc.spec))
			if diff := cmp.Diff(tc.want, fieldsOf(t, err)); diff != "" {
				t.Errorf("refused fields (-want +got):\n%s\n%.1000v", diff, err)
			}
		})
	}
}
