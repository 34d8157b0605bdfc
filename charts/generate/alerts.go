package main

import (
	"fmt"
	"path/filepath"
)

// addAlerts adds a template of the PrometheusRule.
func addAlerts(files map[string][]byte, config string) error {
	path := filepath.Join(config, "prometheus", "prometheus_rule.yaml")
	objects, err := readObjects(path)
	if err != nil {
		return err
	}
	if len(objects) != 1 || objects[0].kind() != "PrometheusRule" {
		return fmt.Errorf("%s: want one PrometheusRule", path)
	}
	rule := objects[0]
	rule.metadata()["namespace"] = action(".Release.Namespace")
	rule.metadata()["labels"] = map[string]any{
		block(`include "namesake.labels" .`):                                             "",
		block(`include "namesake.yaml" .Values.metrics.prometheusRule.additionalLabels`): "",
	}
	// Further groups follow the last one, which ends the text.
	text, err := render(rule)
	if err != nil {
		return err
	}
	text += "  {{- with .Values.metrics.prometheusRule.additionalGroups }}\n  {{- toYaml . | nindent 2 }}\n  {{- end }}\n"
	files["templates/prometheusrule.yaml"] = []byte(generated + onlyIf(".Values.metrics.prometheusRule.enabled", text))
	return nil
}
