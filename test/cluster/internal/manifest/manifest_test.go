package manifest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

const product = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: product}
webhooks:
- name: pods
  clientConfig: {service: {name: product-webhook, namespace: product-system, path: /mutate-pod}}
  rules: [{operations: [CREATE], resources: [pods]}]
- name: claims
  clientConfig: {service: {name: product-webhook, namespace: product-system, path: /mutate-claim}}
---
# A comment alone is no object.
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: manager}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {text: "a\n---b"}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things}
---
apiVersion: v1
kind: Namespace
metadata: {name: product-system}
`

func parse(t *testing.T, stream string) []Object {
	t.Helper()
	objects, err := Parse([]byte(stream))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func kinds(objects []Object) []string {
	var kinds []string
	for _, o := range objects {
		kinds = append(kinds, o.Kind())
	}
	return kinds
}

func TestParse(t *testing.T) {
	want := []string{"MutatingWebhookConfiguration", "Deployment", "ConfigMap", "CustomResourceDefinition", "Namespace"}
	objects := parse(t, product)
	if got := kinds(objects); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := objects[4].Name(); got != "product-system" {
		t.Errorf("the namespace's name is %q", got)
	}
	if _, err := Parse([]byte("kind: [")); err == nil {
		t.Error("broken YAML was read")
	}
}

func TestSplitWithoutManager(t *testing.T) {
	objects := parse(t, product)
	first, rest := Split(WithoutManager(objects))
	if got, want := kinds(first), []string{"Namespace", "CustomResourceDefinition"}; !slices.Equal(got, want) {
		t.Errorf("first is %v, want %v", got, want)
	}
	if got, want := kinds(rest), []string{"ConfigMap", "MutatingWebhookConfiguration"}; !slices.Equal(got, want) {
		t.Errorf("the rest is %v, want %v", got, want)
	}
	if len(objects) != 5 {
		t.Error("the argument was changed")
	}
}

func TestRewrite(t *testing.T) {
	objects := parse(t, product)
	services, err := Webhooks{Host: "127.0.0.1", Port: 9443, CA: []byte("PEM")}.Rewrite(objects)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, services, `
apiVersion: v1
kind: Service
metadata: {name: product-webhook, namespace: product-system}
spec: {type: ExternalName, externalName: 127.0.0.1}
`)
	compare(t, objects[:1], `
kind: MutatingWebhookConfiguration
apiVersion: admissionregistration.k8s.io/v1
metadata: {name: product}
webhooks:
- name: pods
  clientConfig: {service: {name: product-webhook, namespace: product-system, path: /mutate-pod, port: 9443}, caBundle: UEVN}
  rules: [{operations: [CREATE], resources: [pods]}]
- name: claims
  clientConfig: {service: {name: product-webhook, namespace: product-system, path: /mutate-claim, port: 9443}, caBundle: UEVN}
`)
	if !reflect.DeepEqual(objects[1:], parse(t, product)[1:]) {
		t.Error("another object was changed")
	}
}

// compare compares objects in their written form.
func compare(t *testing.T, got []Object, want string) {
	t.Helper()
	gotList, err := List(got)
	if err != nil {
		t.Fatal(err)
	}
	wantList, err := List(parse(t, want))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(gotList, wantList) {
		t.Errorf("got  %s\nwant %s", gotList, wantList)
	}
}

func TestServices(t *testing.T) {
	services, err := Services(parse(t, product))
	if err != nil {
		t.Fatal(err)
	}
	if len(services) != 1 || services[0].Host() != "product-webhook.product-system.svc" {
		t.Errorf("got %v", services)
	}
}

func TestRewriteRefusesAWebhookWithoutService(t *testing.T) {
	cases := map[string]string{
		"a URL":         `{clientConfig: {url: "https://example.com"}}`,
		"no namespace":  `{clientConfig: {service: {name: a}}}`,
		"no client":     `{name: a}`,
		"not an object": `text`,
	}
	for name, webhook := range cases {
		t.Run(name, func(t *testing.T) {
			objects := parse(t, "kind: ValidatingWebhookConfiguration\nwebhooks: ["+webhook+"]")
			if _, err := (Webhooks{}).Rewrite(objects); err == nil {
				t.Error("it was accepted")
			}
		})
	}
}

func TestListIsOneObject(t *testing.T) {
	content, err := List(parse(t, product))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Kind  string
		Items []Object
	}
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	if list.Kind != "List" || len(list.Items) != 5 {
		t.Errorf("got a %s of %d", list.Kind, len(list.Items))
	}
}
