package installation

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// definitions are the CustomResourceDefinitions, by name, with an object of the type that this program knows for each.
var definitions = map[string]any{
	sandboxv1.ResourceSandboxes + "." + sandboxv1.GroupName:              sandboxv1.Sandbox{},
	extensionsv1.ResourceSandboxClaims + "." + extensionsv1.GroupName:    extensionsv1.SandboxClaim{},
	extensionsv1.ResourceSandboxTemplates + "." + extensionsv1.GroupName: extensionsv1.SandboxTemplate{},
	extensionsv1.ResourceSandboxWarmPools + "." + extensionsv1.GroupName: extensionsv1.SandboxWarmPool{},
}

// version is the version of the API that this program speaks.
const version = "v1beta1"

// namedFields is how many missing fields a finding names.
const namedFields = 5

// judgeVersions says whether the kinds have the fields that this program knows, and whether all managers run the same image.
func judgeVersions(f *Facts) []Finding {
	var findings []Finding
	if f.Sees(seeDefinitions) {
		findings = judgeDefinitions(f)
	}
	if images := runningImages(f); len(images) == 1 {
		findings = append(findings, Finding{Part: PartVersions, Level: OK,
			Says: fmt.Sprintf("the managers run %s; this program is %s", images[0], f.PluginVersion)})
	} else if len(images) > 1 {
		findings = append(findings, Finding{
			Part: PartVersions, Level: Warn, Says: "the managers run different images: " + strings.Join(images, ", "),
			Command: fmt.Sprintf("kubectl --namespace %s rollout status deployment", f.Namespace),
			Advice:  "if no rollout is on its way, see why the last one did not end",
		})
	}
	return findings
}

// judgeDefinitions says whether each kind is served, and has the fields that this program knows.
func judgeDefinitions(f *Facts) []Finding {
	const upgrade = "install the CRDs of the managers' version: the chart's notes say how"
	var problems []Finding
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		at := slices.IndexFunc(f.Definitions, func(d apiextensionsv1.CustomResourceDefinition) bool { return d.Name == name })
		if at < 0 {
			problems = append(problems, Finding{
				Part: PartVersions, Level: Fail, Says: "CustomResourceDefinition " + name + " does not exist", Advice: upgrade,
			})
			continue
		}
		schema := servedSchema(&f.Definitions[at])
		if schema == nil {
			problems = append(problems, Finding{
				Part: PartVersions, Level: Fail, Says: fmt.Sprintf("%s is not served in %s", name, version), Advice: upgrade,
			})
			continue
		}
		lacks := lackingFields(schema, definitions[name])
		if len(lacks) == 0 {
			continue
		}
		more := ""
		if len(lacks) > namedFields {
			more = fmt.Sprintf(", and %d more", len(lacks)-namedFields)
			lacks = lacks[:namedFields]
		}
		problems = append(problems, Finding{
			Part: PartVersions, Level: Warn, Advice: upgrade,
			Says: fmt.Sprintf("%s lacks fields of this program's version, which the API server drops: %s%s", name, strings.Join(lacks, ", "), more),
		})
	}
	if len(problems) == 0 {
		return []Finding{{Part: PartVersions, Level: OK, Says: fmt.Sprintf(
			"all %d kinds are served in %s, with all fields that this program knows", len(definitions), version)}}
	}
	return problems
}

func servedSchema(definition *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	for i := range definition.Spec.Versions {
		if v := &definition.Spec.Versions[i]; v.Name == version && v.Served && v.Schema != nil {
			return v.Schema.OpenAPIV3Schema
		}
	}
	return nil
}

// runningImages returns the images of the managers' Pods, in order, each once.
func runningImages(f *Facts) []string {
	var all []string
	for i := range f.Pods {
		all = append(all, images(&f.Pods[i].Spec))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
