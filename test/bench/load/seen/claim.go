package seen

import "github.com/namesake-sandbox/namesake/test/bench/load/api"

func (r *Record) seeClaim(e api.Event) {
	name := e.Object.Metadata.Name
	if e.Type == "DELETED" {
		delete(r.Claims, name)
		return
	}
	claim, sandbox := r.claim(name), e.Object.Status.Sandbox.Name
	claim.UID = e.Object.Metadata.UID
	claim.Sandboxes = withNext(claim.Sandboxes, sandbox)
	claim.Bindings = withNext(claim.Bindings, e.Object.Metadata.Annotations[binding])
	for _, condition := range e.Object.Status.Conditions {
		if condition.Type == "Ready" {
			claim.Reason = condition.Reason
		}
	}
	if claim.ReadyAt.IsZero() && sandbox != "" && e.Object.Ready() {
		claim.ReadyAt = e.At
		close(claim.ready)
	}
}

// binding is the annotation that names a claim's Sandbox before its status does.
const binding = "agents.x-k8s.io/sandbox-name"

// withNext returns names with name at the end, unless name is empty or there already.
func withNext(names []string, name string) []string {
	if name == "" || len(names) > 0 && names[len(names)-1] == name {
		return names
	}
	return append(names, name)
}
