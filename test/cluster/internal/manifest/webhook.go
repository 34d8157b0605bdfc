package manifest

import (
	"encoding/base64"
	"fmt"
	"slices"
)

var webhookKinds = []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}

// Webhooks says at which URLs the API server reaches webhooks that run beside the cluster.
type Webhooks struct {
	// Address is a host and a port.
	Address string
	// CA is the authority, in PEM, that signed the webhooks' certificate.
	CA []byte
}

// Rewrite points the webhooks of these objects from a Service to the address. Objects of other kinds stay as they are.
func (w Webhooks) Rewrite(objects []Object) error {
	for _, o := range objects {
		if !slices.Contains(webhookKinds, o.Kind()) {
			continue
		}
		webhooks, _ := o["webhooks"].([]any)
		for i, webhook := range webhooks {
			if err := w.rewrite(webhook); err != nil {
				return fmt.Errorf("%s %s: webhooks[%d]: %w", o.Kind(), o.Name(), i, err)
			}
		}
	}
	return nil
}

func (w Webhooks) rewrite(webhook any) error {
	fields, _ := webhook.(map[string]any)
	config, ok := fields["clientConfig"].(map[string]any)
	if !ok {
		return fmt.Errorf("there is no clientConfig")
	}
	service, ok := config["service"].(map[string]any)
	if !ok {
		return fmt.Errorf("clientConfig names no service")
	}
	path, _ := service["path"].(string)
	fields["clientConfig"] = map[string]any{
		"url":      "https://" + w.Address + path,
		"caBundle": base64.StdEncoding.EncodeToString(w.CA),
	}
	return nil
}

// ServiceNames returns the DNS names of the Services that the webhooks of these objects name, each once:
// a certificate for the webhooks should bear them.
func ServiceNames(objects []Object) []string {
	var names []string
	for _, o := range objects {
		if !slices.Contains(webhookKinds, o.Kind()) {
			continue
		}
		webhooks, _ := o["webhooks"].([]any)
		for _, webhook := range webhooks {
			fields, _ := webhook.(map[string]any)
			config, _ := fields["clientConfig"].(map[string]any)
			service, _ := config["service"].(map[string]any)
			name, _ := service["name"].(string)
			namespace, _ := service["namespace"].(string)
			if name != "" {
				names = append(names, name+"."+namespace+".svc")
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
