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
				people = append(people, o)
				continue
			}
			if err := place(o); err != nil {
				return err
			}
			own = append(own, o)
		}
	}
	for _, o := range own {
		o.metadata()["labels"] = block(`include "namesake.labels" .`)
	}
	managers, err := render(own...)
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

// place puts a role or binding into the release's namespace, and lets the values decide a binding's subject.
func place(o object) error {
	if _, ok := o.metadata()["namespace"]; ok {
		o.metadata()["namespace"] = action(".Release.Namespace | quote")
	}
	subjects, _ := o["subjects"].([]any)
	for _, subject := range subjects {
		fields, ok := subject.(map[string]any)
		if !ok || fields["kind"] != "ServiceAccount" {
			return fmt.Errorf("%s %v: the subject %v is no service account", o.kind(), o.metadata()["name"], subject)
		}
		fields["name"] = action(`include "namesake.serviceAccountName" . | quote`)
		fields["namespace"] = action(".Release.Namespace | quote")
	}
	return nil
}
