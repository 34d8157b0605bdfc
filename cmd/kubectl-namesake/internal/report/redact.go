// Package report collects what a bug report needs, without what is secret.
package report

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// hidden takes the place of a value.
const hidden = "<redacted>"

// lastApplied is kubectl's annotation with the whole object as it was applied, and so with all that is redacted elsewhere.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// known are the domains whose annotations tell how the object is treated, and hold no secrets: the API's own, Kubernetes', and those
// that the controllers write or read.
var known = []string{"agents.x-k8s.io", "kubernetes.io", "k8s.io", "cert-manager.io", "helm.sh", "karpenter.sh"}

// redact takes out of an object what may be secret, in place: see redactions. It keeps every key. Of a manager's Pods it keeps the
// arguments: they are the flags that a report is about, and hold no secrets.
func redact(object *unstructured.Unstructured, ofManager bool) {
	object.SetManagedFields(nil)
	redactor{keepArguments: ofManager}.walk(object.Object)
}

type redactor struct{ keepArguments bool }

// redactions is what the archive's README says about redact.
const redactions = `What may be secret is replaced with <redacted>, and the keys are kept:
  - values of environment variables; references to Secrets and ConfigMaps are kept, and their contents are never read
  - commands and arguments of containers, and commands, headers and queries of probes and hooks; not those of the managers
  - annotations, but for those of agents.x-k8s.io, kubernetes.io, k8s.io, cert-manager.io, helm.sh and karpenter.sh and their subdomains;
    of these, kubectl's last-applied-configuration is replaced too
  - attributes and options of volumes (csi, flexVolume)
Names, labels, images, addresses, events and the managers' logs are as they are. Look through them before you hand the archive on.
`

// walk redacts value and what is below.
func (r redactor) walk(value any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			r.walk(item)
		}
	case map[string]any:
		for key, below := range value {
			switch key {
			case "env", "httpHeaders":
				hideField(below, "value")
			case "httpGet":
				hideQuery(below)
			case "command", "args":
				if !r.keepArguments {
					hideItems(below)
				}
			case "annotations":
				hideAnnotations(below)
			case "volumeAttributes", "options":
				hideValues(below)
			}
			r.walk(below)
		}
	}
}

// hideField hides a field of each item of a list.
func hideField(list any, field string) {
	items, _ := list.([]any)
	for _, item := range items {
		if fields, ok := item.(map[string]any); ok && fields[field] != nil {
			fields[field] = hidden
		}
	}
}

// hideQuery hides what follows the question mark in the path of a request.
func hideQuery(request any) {
	fields, _ := request.(map[string]any)
	path, _ := fields["path"].(string)
	if path, _, found := strings.Cut(path, "?"); found {
		fields["path"] = path + "?" + hidden
	}
}

func hideItems(list any) {
	items, _ := list.([]any)
	for i := range items {
		if _, ok := items[i].(string); ok {
			items[i] = hidden
		}
	}
}

func hideValues(values any) {
	pairs, _ := values.(map[string]any)
	for key := range pairs {
		pairs[key] = hidden
	}
}

func hideAnnotations(values any) {
	pairs, _ := values.(map[string]any)
	for key := range pairs {
		if key == lastApplied || !isKnown(key) {
			pairs[key] = hidden
		}
	}
}

// isKnown reports whether an annotation's key is of a known domain or a subdomain of one.
func isKnown(key string) bool {
	domain, _, found := strings.Cut(key, "/")
	for _, k := range known {
		if found && (domain == k || strings.HasSuffix(domain, "."+k)) {
			return true
		}
	}
	return false
}
