package main

import (
	"fmt"
	"path/filepath"
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
	text = strings.ReplaceAll(text, controllerUser, `{{ include "namesake.controllerUser" . }}`)
	files["templates/webhooks.yaml"] = []byte(generated + text)
	return nil
}

// reach leaves it to the chart how a webhook is reached, except for its path, and how long the API server waits for it.
func reach(webhook any) error {
	fields, _ := webhook.(map[string]any)
	clientConfig, _ := fields["clientConfig"].(map[string]any)
	service, _ := clientConfig["service"].(map[string]any)
	path, ok := service["path"].(string)
	name, _ := service["name"].(string)
	if !ok || !slices.Contains([]string{"namesake-webhook", "namesake-webhook-probe"}, name) {
		return fmt.Errorf("its Service is %v, not one of the chart's with a path", service)
	}
	fields["timeoutSeconds"] = action("int64 .Values.webhook.timeoutSeconds")
	fields["clientConfig"] = block(fmt.Sprintf(`include "namesake.clientConfig" (dict "root" $ "service" %q "path" %q)`, name, path))
	return nil
}
