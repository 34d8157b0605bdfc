package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// addRoles adds a template of the roles and their bindings. The service account has more options, and so a template of its
// own.
func addRoles(files map[string][]byte, config string) error {
	var own, people []object
	for _, name := range []string{"role.yaml", "role_binding.yaml", "users.yaml"} {
		objects, err := readObjects(filepath.Join(config, "rbac", name))
		if err != nil {
			return err
		}
		for _, o := range objects {
			if aggregates(o) {
				o.rename()
				people = append(people, o)
				continue
			}
			if err := place(o); err != nil {
				return err
			}
			own = append(own, o)
		}
	}
	managers, err := renderRoles(own)
	if err != nil {
		return err
	}
	users, err := render(people...)
	if err != nil {
		return err
	}
	text := onlyIf(".Values.rbac.create", managers) + onlyIf(".Values.rbac.aggregate", "---\n"+users)
	files["templates/rbac.yaml"] = []byte(generated + text)
	return nil
}

// renderRoles writes the manager's roles and bindings as a template. What the ClusterRole grants in every namespace is granted in
// the namespaces of controller.namespaces alone, by a role in each, if the values name any.
func renderRoles(own []object) (string, error) {
	var documents []string
	var role *clusterRole
	for _, o := range own {
		o.metadata()["labels"] = block(`include "namesake.labels" $`)
		if o.kind() != "ClusterRole" {
			text, err := render(o)
			if err != nil {
				return "", err
			}
			documents = append(documents, text)
			continue
		}
		var err error
		if role, err = newClusterRole(o); err != nil {
			return "", err
		}
		documents = append(documents, role.text)
	}
	if role == nil {
		return "", fmt.Errorf("the manager has no ClusterRole")
	}
	return strings.Join(documents, "---\n") +
		"{{- range $namespace := .Values.controller.namespaces }}\n---\n" + role.inNamespaces + "{{- end }}\n", nil
}

// aggregates reports whether o is a part of the cluster's own roles, for people. The labels of o make it one, so aggregates
// adds the chart's labels beside them.
func aggregates(o object) bool {
	labels, _ := o.metadata()["labels"].(map[string]any)
	for label := range labels {
		if strings.HasPrefix(label, "rbac.authorization.k8s.io/aggregate-to-") {
			labels[block(`include "namesake.labels" .`)] = ""
			return true
		}
	}
	return false
}

// rename lets the values decide the name of an object that is in no namespace: installations of different namespaces each have one.
func (o object) rename() {
	name, _ := o.metadata()["name"].(string)
	call := `include "namesake.clusterName" $`
	if rest, ok := strings.CutPrefix(name, "namesake-"); ok {
		call = fmt.Sprintf(`printf "%%s-%s" (%s)`, rest, call)
	}
	o.metadata()["name"] = action(call)
}

// place puts a role or binding into the release's namespace, or gives it the name of what is in none, and lets the values decide a
// binding's subject.
func place(o object) error {
	if _, ok := o.metadata()["namespace"]; ok {
		o.metadata()["namespace"] = action(".Release.Namespace | quote")
	} else {
		o.rename()
		if ref, ok := o["roleRef"].(map[string]any); ok {
			ref["name"] = o.metadata()["name"]
		}
	}
	subjects, _ := o["subjects"].([]any)
	for _, subject := range subjects {
		fields, ok := subject.(map[string]any)
		if !ok || fields["kind"] != "ServiceAccount" {
			return fmt.Errorf("%s %v: the subject %v is no service account", o.kind(), o.metadata()["name"], subject)
		}
		fields["name"] = action(`include "namesake.serviceAccountName" $ | quote`)
		fields["namespace"] = action("$.Release.Namespace | quote")
	}
	return nil
}
