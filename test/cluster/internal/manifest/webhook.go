package manifest

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
)

// Webhooks says where the API server reaches webhooks that run beside the cluster.
//
// Their configurations still name a Service. That becomes a Service of type ExternalName, to whose name the API server
// connects. A URL would work, too, but not as in a real cluster. The API server speaks HTTP/2 to a loopback URL, so that all
// calls share one connection and thus one replica, and it checks the certificate for another name.
type Webhooks struct {
	Host string
	Port int
	// CA is the authority, in PEM, that signed the webhooks' certificate.
	CA []byte
}

// Rewrite points the webhooks among these objects to the host and port, and returns the Services that they need. It leaves
// objects of other kinds as they are.
func (w Webhooks) Rewrite(objects []Object) ([]Object, error) {
	err := eachWebhook(objects, func(client clientConfig) {
		client.config["caBundle"] = base64.StdEncoding.EncodeToString(w.CA)
		client.service["port"] = w.Port
	})
	if err != nil {
		return nil, err
	}
	services, err := Services(objects)
	if err != nil {
		return nil, err
	}
	var external []Object
	for _, service := range services {
		external = append(external, Object{
			"apiVersion": "v1",
			"kind":       "Service",
			"metadata":   map[string]any{"name": service.Name, "namespace": service.Namespace},
			"spec":       map[string]any{"type": "ExternalName", "externalName": w.Host},
		})
	}
	return external, nil
}

// Service is the name of a webhook's Service.
type Service struct {
	Namespace, Name string
}

// Host returns the name that the API server expects in the Service's certificate.
func (s Service) Host() string {
	return s.Name + "." + s.Namespace + ".svc"
}

// Services returns the Services that the webhooks among these objects name, each once.
func Services(objects []Object) ([]Service, error) {
	var services []Service
	err := eachWebhook(objects, func(client clientConfig) { services = append(services, client.names) })
	slices.SortFunc(services, func(a, b Service) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(services), err
}

var webhookKinds = []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}

// eachWebhook visits the clientConfig of each webhook among these objects. A clientConfig that names no Service is an error.
func eachWebhook(objects []Object, visit func(clientConfig)) error {
	for _, o := range objects {
		if !slices.Contains(webhookKinds, o.Kind()) {
			continue
		}
		webhooks, _ := o["webhooks"].([]any)
		for i, webhook := range webhooks {
			client, err := clientConfigOf(webhook)
			if err != nil {
				return fmt.Errorf("%s %s: webhooks[%d]: %w", o.Kind(), o.Name(), i, err)
			}
			visit(client)
		}
	}
	return nil
}

// clientConfig is how the API server reaches a webhook.
type clientConfig struct {
	// config is the field clientConfig, and service is the one in it.
	config, service map[string]any
	names           Service
}

func clientConfigOf(webhook any) (clientConfig, error) {
	fields, _ := webhook.(map[string]any)
	config, _ := fields["clientConfig"].(map[string]any)
	service, _ := config["service"].(map[string]any)
	name, _ := service["name"].(string)
	namespace, _ := service["namespace"].(string)
	if name == "" || namespace == "" {
		return clientConfig{}, errors.New("clientConfig.service has to name a Service and its namespace")
	}
	return clientConfig{config: config, service: service, names: Service{Namespace: namespace, Name: name}}, nil
}
