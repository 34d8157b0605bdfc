package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// ofConfig ends the names of the policies in config. In the chart the values decide them, as the names of all that is in no namespace.
const ofConfig = ".namesake.agents.x-k8s.io"

// addPolicies adds a template of the policies: those that are always there, those where no webhooks are, and those that change objects,
// where the API server has such.
func addPolicies(files map[string][]byte, config string) error {
	always, err := policies(filepath.Join(config, "policy"))
	if err != nil {
		return err
	}
	alone, err := policies(filepath.Join(config, "policy", "alone"))
	if err != nil {
		return err
	}
	mutating, err := policies(filepath.Join(config, "policy", "mutating"))
	if err != nil {
		return err
	}
	const hasMutating = `.Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy"`
	text := onlyIf(".Values.policies.enabled", always+
		onlyIf("not .Values.webhooks.enabled", "---\n"+alone)+onlyIf(hasMutating, "---\n"+mutating))
	files["templates/policies.yaml"] = []byte(generated + text)
	return nil
}

// policies returns a template of the policies and bindings in folder.
func policies(folder string) (string, error) {
	objects, err := readObjects(filepath.Join(folder, "policies.yaml"))
	if err != nil {
		return "", err
	}
	for _, o := range objects {
		name, _ := o.metadata()["name"].(string)
		short, ok := strings.CutSuffix(name, ofConfig)
		if !ok {
			return "", fmt.Errorf("%s %s: its name does not end with %s", o.kind(), name, ofConfig)
		}
		renamed := action(fmt.Sprintf(`printf "%s.%%s.agents.x-k8s.io" (include "namesake.clusterName" $)`, short))
		o.metadata()["name"] = renamed
		o.metadata()["labels"] = block(`include "namesake.labels" $`)
		spec, _ := o["spec"].(map[string]any)
		if _, binds := spec["policyName"]; binds {
			spec["policyName"] = renamed
			spec["matchResources"] = map[string]any{"namespaceSelector": block(`include "namesake.probeNamespaceSelector" $`)}
		}
	}
	text, err := render(objects...)
	if err != nil {
		return "", err
	}
	text = strings.ReplaceAll(text, controllerUser, `{{ include "namesake.controllerUser" $ }}`)
	return matchBlock.ReplaceAllString(text, "  {{- with $1 }}\n  matchResources:\n    namespaceSelector:\n      {{- . | nindent 6 }}\n  {{- end }}"), nil
}
