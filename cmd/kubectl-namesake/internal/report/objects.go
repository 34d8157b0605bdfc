package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// part is a kind of objects in a file of the archive.
type part struct {
	file      string
	kind      schema.GroupVersionKind
	namespace string
	options   []client.ListOption
	// keep says which objects are written. Without it, all are.
	keep func(*unstructured.Unstructured) bool
	// shrink leaves out of an object what a report does not need.
	shrink func(*unstructured.Unstructured)
	// ofManager says that the objects are the managers'.
	ofManager bool
}

// most is how many objects of a kind are read.
const most = 5000

// page is how many are asked for at a time, as kubectl does.
const page = 500

// parts returns the kinds that a report on a namespace, or on all for "", has. managers are the namespaces in which controllers run.
func parts(namespace string, managers []string) []part {
	ofSandboxes := []client.ListOption{client.HasLabels{sandboxv1.LabelSandboxNameHash}}
	all := []part{{
		file: "crds.yaml", kind: v1("apiextensions.k8s.io", "CustomResourceDefinition"), keep: isOurCRD, shrink: withoutSchema,
	}}
	for _, k := range []*objects.Kind{objects.Template, objects.Pool, objects.Claim, objects.Sandbox} {
		all = append(all, part{file: "objects/" + k.Resource + ".yaml", kind: k.GroupVersionKind(), namespace: namespace})
	}
	all = append(all,
		part{file: "objects/pods.yaml", kind: objects.Pod.GroupVersionKind(), namespace: namespace, options: ofSandboxes},
		part{file: "objects/services.yaml", kind: v1("", "Service"), namespace: namespace, options: ofSandboxes},
		part{
			file: "objects/persistentvolumeclaims.yaml", kind: v1("", "PersistentVolumeClaim"), namespace: namespace, options: ofSandboxes,
		},
		part{
			file: "objects/networkpolicies.yaml", kind: v1("networking.k8s.io", "NetworkPolicy"), namespace: namespace,
			options: []client.ListOption{client.HasLabels{sandboxv1.LabelTemplateRefHash}},
		},
		part{file: "objects/resourcequotas.yaml", kind: v1("", "ResourceQuota"), namespace: namespace},
		part{file: "events.yaml", kind: v1("events.k8s.io", "Event"), namespace: namespace, keep: isOurEvent},
		part{file: "nodes.yaml", kind: v1("", "Node"), shrink: onlyVersions},
	)
	for _, configuration := range []string{
		"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
	} {
		all = append(all, part{
			file: "admission/" + configuration + ".yaml", kind: v1("admissionregistration.k8s.io", configuration), keep: isAboutUs,
		})
	}
	for _, namespace := range managers {
		all = append(all,
			part{file: "managers/" + namespace + "/deployments.yaml", kind: v1("apps", "Deployment"), namespace: namespace, ofManager: true},
			part{file: "managers/" + namespace + "/pods.yaml", kind: v1("", "Pod"), namespace: namespace, ofManager: true},
			part{file: "managers/" + namespace + "/leases.yaml", kind: v1("coordination.k8s.io", "Lease"), namespace: namespace},
			part{file: "managers/" + namespace + "/events.yaml", kind: v1("events.k8s.io", "Event"), namespace: namespace},
			part{file: "managers/" + namespace + "/certificates.yaml", kind: v1("cert-manager.io", "Certificate"), namespace: namespace},
		)
	}
	return all
}

// v1 returns a kind of the version v1 of a group.
func v1(group, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind}
}

// read returns the objects of p as a YAML stream of at most so many bytes, without what may be secret. cut says that there are more.
func (p part) read(ctx context.Context, c client.Reader, limit int64) (text []byte, cut string, err error) {
	var out bytes.Buffer
	next, count := "", 0
	for {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(p.kind)
		options := append([]client.ListOption{client.InNamespace(p.namespace), client.Limit(page), client.Continue(next)}, p.options...)
		if err := c.List(ctx, list, options...); err != nil {
			return nil, "", err
		}
		for i := range list.Items {
			object := &list.Items[i]
			if p.keep != nil && !p.keep(object) {
				continue
			}
			before := out.Len()
			if err := p.write(&out, object); err != nil {
				return nil, "", err
			}
			if int64(out.Len()) > limit {
				return out.Bytes()[:before], fmt.Sprintf("only the first %d are in it, or the archive would become too large", count), nil
			}
			count++
		}
		next = list.GetContinue()
		switch {
		case next == "":
			return out.Bytes(), "", nil
		case count >= most:
			return out.Bytes(), fmt.Sprintf("only the first %d are in it", count), nil
		}
	}
}

func (p part) write(out *bytes.Buffer, object *unstructured.Unstructured) error {
	redact(object, p.ofManager)
	if p.shrink != nil {
		p.shrink(object)
	}
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		return err
	}
	out.WriteString("---\n")
	out.Write(text)
	return nil
}

// collect reads the parts into the archive. What cannot be read is noted there.
func collect(ctx context.Context, c client.Reader, a *archive, all []part) error {
	for _, p := range all {
		text, cut, err := p.read(ctx, c, a.left)
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return err
		case err != nil:
			a.lacks(p.file, why(err))
			continue
		case cut != "":
			a.lacks(p.file, cut)
		}
		if err := a.add(p.file, text); err != nil {
			return err
		}
	}
	return nil
}

// ours are the API groups.
var ours = []string{sandboxv1.GroupName, extensionsv1.GroupName}
