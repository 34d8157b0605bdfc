package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// addAlerts adds a template for the PrometheusRule.
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
	rule.metadata()["namespace"] = action(".Release.Namespace | quote")
	rule.metadata()["labels"] = block(`include "namesake.labelsAnd" (dict "root" . "more" .Values.metrics.prometheusRule.additionalLabels)`)
	// Additional groups follow the last group, which ends the text.
	text, err := render(rule)
	if err != nil {
		return err
	}
	if text, err = ofRelease(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if text, err = fromDurations(text); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text += "  {{- with .Values.metrics.prometheusRule.additionalGroups }}\n  {{- toYaml . | nindent 2 }}\n  {{- end }}\n"
	files["templates/prometheusrule.yaml"] = []byte(generated + onlyIf(".Values.metrics.prometheusRule.enabled", text))
	return nil
}

// inNamespace selects, in config's alerts, what is in config's namespace.
const inNamespace = `namespace="namesake-system"`

// ofRelease has the alerts of a template select what is in the release's namespace.
func ofRelease(text string) (string, error) {
	before := strings.Count(text, "namesake-system")
	if n := strings.Count(text, inNamespace); n == 0 || n != before {
		return "", fmt.Errorf("namesake-system is there %d times, and %s %d times", before, inNamespace, n)
	}
	return strings.ReplaceAll(text, inNamespace, `namespace="{{ .Release.Namespace }}"`), nil
}

// secondsLeft maps the seconds that a certificate has left, in config's alerts, to their names in the chart. In the chart
// they follow from the durations of certificates.
var secondsLeft = map[string]string{"1296000": "certificate", "259200": "certificateUrgent", "13176000": "authority"}

// fromDurations replaces each of secondsLeft in a template by what follows from the values.
func fromDurations(text string) (string, error) {
	for seconds, name := range secondsLeft {
		if n := strings.Count(text, "< "+seconds+"\n"); n != 1 {
			return "", fmt.Errorf("%d alerts are for less than %s seconds, want one", n, seconds)
		}
		text = strings.Replace(text, "< "+seconds+"\n", "< {{ $left."+name+" }}\n", 1)
	}
	return `{{- $left := include "namesake.secondsLeft" . | fromYaml }}` + "\n" + text, nil
}
