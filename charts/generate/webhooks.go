package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// controllerUser is the user of the manager in config. Conditions name it, and in the chart its namespace and name are values.
const controllerUser = "system:serviceaccount:namesake-system:namesake"

// addWebhooks adds a template of the webhook configurations. It leaves the Service and the authority to the chart.
func addWebhooks(files map[string][]byte, config string) error {
	objects, err := readObjects(filepath.Join(config, "webhook", "manifests.yaml"))
	if err != nil {
		return err
	}
	for _, o := range objects {
		o.metadata()["labels"] = block(`include "namesake.labels" .`)
		o.rename()
		o.annotations()[block(`include "namesake.injectCA" .`)] = ""
		webhooks, _ := o["webhooks"].([]any)
		for i, webhook := range webhooks {
			if err := reach(webhook); err != nil {
				return fmt.Errorf("%s: webhooks[%d]: %w", o.kind(), i, err)
			}
		}
	}
	text, err := render(objects...)
	if err != nil {
		return err
	}
	text = withSelectors(text)
	text = strings.ReplaceAll(text, controllerUser, `{{ include "namesake.controllerUser" $ }}`)
	files["templates/webhooks.yaml"] = []byte(generated + onlyIf(".Values.webhooks.enabled", text))
	return nil
}

// probeService is the Service of the webhook that the managers probe.
const probeService = "namesake-webhook-probe"

// selectorOf returns the chart's template of the namespaceSelector of a webhook with that Service.
func selectorOf(service string) string {
	if service == probeService { // The managers probe it in their own namespace, too.
		return "namesake.probeNamespaceSelector"
	}
	return "namesake.namespaceSelector"
}

// matchBlock is selectorBlock for the binding of a policy.
var matchBlock = regexp.MustCompile(`(?m)^  matchResources:\n    namespaceSelector:\n      \{\{- (include "[^"]+" \$) \| nindent 6 \}\}$`)

var selectorBlock = regexp.MustCompile(`(?m)^  namespaceSelector:\n    \{\{- (include "[^"]+" \$) \| nindent 4 \}\}$`)

// withSelectors leaves out the selectors of a template where the values name no namespaces.
func withSelectors(text string) string {
	return selectorBlock.ReplaceAllString(text, "  {{- with $1 }}\n  namespaceSelector:\n    {{- . | nindent 4 }}\n  {{- end }}")
}

// reach leaves it to the chart how a webhook is reached, except for its path, and how long the API server waits for it.
func reach(webhook any) error {
	fields, _ := webhook.(map[string]any)
	clientConfig, _ := fields["clientConfig"].(map[string]any)
	service, _ := clientConfig["service"].(map[string]any)
	path, ok := service["path"].(string)
	name, _ := service["name"].(string)
	if !ok || !slices.Contains([]string{"namesake-webhook", probeService}, name) {
		return fmt.Errorf("its Service is %v, not one of the chart's with a path", service)
	}
	if fields["namespaceSelector"] != nil {
		return errors.New("it has a namespaceSelector, which is the chart's to set")
	}
	fields["namespaceSelector"] = block(fmt.Sprintf(`include %q $`, selectorOf(name)))
	fields["timeoutSeconds"] = action("int64 .Values.webhook.timeoutSeconds")
	fields["clientConfig"] = block(fmt.Sprintf(`include "namesake.clientConfig" (dict "root" $ "service" %q "path" %q)`, name, path))
	return nil
}
