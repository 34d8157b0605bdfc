package rules

import (
	"encoding/json"
	"fmt"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// BlueprintHash returns the hash by which a pool recognizes the Sandboxes that were made of the template as it is now.
// It is the hash of the blueprint's JSON encoding, including secure defaults and pod metadata.
func BlueprintHash(template *extensionsv1.SandboxTemplate) string {
	return hashJSON(Blueprint(template))
}

// PodTemplateHash returns the hash of the template's own pod template.
func PodTemplateHash(template *extensionsv1.SandboxTemplate) string {
	return hashJSON(template.Spec.PodTemplate)
}

func hashJSON(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil { // JSON can encode everything that the API types hold.
		panic(fmt.Sprintf("encoding %T: %v", v, err))
	}
	return Hash(string(encoded))
}
