package oracle

import (
	"fmt"
	"maps"
	"slices"
)

// podChangesSandbox: a Pod stays with its Sandbox.
func podChangesSandbox(l look) string {
	before, after := controller(l.Old), controller(l.New)
	gone := l.Actor == Collector && after == nobody
	if before.what == "sandbox" && before != after && !gone {
		return "I1: it left its Sandbox"
	}
	return ""
}

// podComesUnderSandbox is I1 for a Pod that a Sandbox begins to control.
func podComesUnderSandbox(l look) string {
	owner := controller(l.New)
	if owner.what != "sandbox" || owner == controller(l.Old) {
		return ""
	}
	if name(l.New) != owner.name {
		return "I1: it does not have its Sandbox's name"
	}
	if l.Actor == Manager && (l.Trial || isPlainlyOwn(l.New)) {
		return "" // A dry run of a template's Pod, or a Pod that is garbage if its Sandbox is gone.
	}
	sandbox := l.view["Sandbox/"+owner.name]
	switch held := controller(sandbox).ours(); {
	case sandbox == nil || uid(sandbox) != owner.uid:
		return "I1: its Sandbox does not exist"
	case held && l.Old != nil:
		return "a Pod that was there before came under a Sandbox of a pool or a claim"
	case held && l.Actor != Manager:
		return "somebody else than the manager put a Pod into a Sandbox of a pool or a claim"
	case l.Actor != Manager && otherPod(sandbox):
		return "I1: its Sandbox still has a Pod of another name"
	}
	return ""
}

// isPlainlyOwn reports whether a Pod says by itself whose it is: one owner, and the UID of that in the label.
func isPlainlyOwn(pod Object) bool {
	return len(owners(pod)) == 1 && label(pod, "agents.x-k8s.io/sandbox-uid") == controller(pod).uid
}

// otherPod reports whether a Sandbox names a Pod of another name that there could be.
func otherPod(sandbox Object) bool {
	named := annotation(sandbox, "agents.x-k8s.io/pod-name")
	return named != name(sandbox) && isSubdomain(named)
}

// isSubdomain reports whether an object can have that name (RFC 1123).
func isSubdomain(s string) bool {
	alphanumeric := func(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') }
	if s == "" || len(s) > 253 {
		return false
	}
	for i := range len(s) {
		before, after := i > 0 && alphanumeric(s[i-1]), i+1 < len(s) && alphanumeric(s[i+1])
		switch c := s[i]; {
		case alphanumeric(c):
		case c == '.' && before && after:
		case c == '-' && (before || (i > 0 && s[i-1] == '-')) && (after || (i+1 < len(s) && s[i+1] == '-')):
		default:
			return false
		}
	}
	return true
}

// podGetsOwner: a Pod of a Sandbox does not outlive it.
func podGetsOwner(l look) string {
	owner, had := controller(l.New), 1
	if owner.what != "sandbox" || l.Actor == Collector {
		return ""
	}
	if owner == controller(l.Old) {
		had = len(owners(l.Old))
	}
	if len(owners(l.New)) > had {
		return "I1: it would outlive its Sandbox"
	}
	return ""
}

// selecting are the labels that anything selects Pods of Sandboxes by. describing is one more, and what the Sandbox wrote on the Pod.
var (
	selecting = []string{
		"agents.x-k8s.io/claim-uid", "agents.x-k8s.io/sandbox-name-hash", "agents.x-k8s.io/sandbox-template-ref-hash",
		"agents.x-k8s.io/sandbox-uid", "agents.x-k8s.io/warm-pool-sandbox",
	}
	describing = []string{"agents.x-k8s.io/created-by"}
	propagated = []string{"agents.x-k8s.io/propagated-annotations", "agents.x-k8s.io/propagated-labels"}
)

// podLabels: nobody takes another's identity.
func podLabels(l look) string {
	owner := controller(l.New)
	switch {
	case l.Actor == Manager:
		return ""
	case owner.what != "sandbox":
		for _, key := range selecting {
			value := at(l.New, "metadata", "labels", key)
			if value != nil && value != at(l.Old, "metadata", "labels", key) {
				return "it is no Sandbox's and got " + key
			}
		}
		return ""
	case l.Old != nil:
		if key := changedKey(l.Old, l.New, "labels", slices.Concat(selecting, describing)) +
			changedKey(l.Old, l.New, "annotations", propagated); key != "" {
			return "a user changed " + key
		}
		return ""
	}
	return newIdentity(l)
}

// newIdentity: the identity of a Pod that a user creates is that of its Sandbox.
func newIdentity(l look) string {
	sandbox := l.view["Sandbox/"+controller(l.New).name]
	want := map[string]string{"agents.x-k8s.io/sandbox-name-hash": fnvHex(name(sandbox)), "agents.x-k8s.io/sandbox-uid": uid(sandbox)}
	served, _ := at(sandbox, "spec", "service").(bool)
	shared := annotation(sandbox, "agents.x-k8s.io/pod-identity") == "Shared" && !served && text(sandbox, "status", "service") == ""
	if shared {
		want = map[string]string{"agents.x-k8s.io/sandbox-name-hash": "shared"}
	} else if by := label(sandbox, "agents.x-k8s.io/created-by"); by != "" {
		if !slices.Contains([]string{"controller", "go-client", "python-client"}, by) {
			by = "unknown"
		}
		want["agents.x-k8s.io/created-by"] = by
	}
	if of := label(sandbox, "agents.x-k8s.io/sandbox-template-ref-hash"); of != "" {
		want["agents.x-k8s.io/sandbox-template-ref-hash"] = of
	}
	has := map[string]string{}
	for _, key := range slices.Concat(selecting, describing) {
		if value, ok := at(l.New, "metadata", "labels", key).(string); ok {
			has[key] = value
		}
	}
	if !maps.Equal(want, has) {
		return fmt.Sprintf("a user created it with the identity %v, and its Sandbox gives it %v", has, want)
	}
	return ""
}

// podContent: whoever adopts a Sandbox knows what is in its Pod.
func podContent(l look) string {
	owner := controller(l.Old)
	if l.Actor != User || l.Old == nil || owner.what != "sandbox" {
		return ""
	}
	sandbox := l.view["Sandbox/"+owner.name]
	pooled := controller(sandbox).what == "pool"
	if sandbox == nil || uid(sandbox) != owner.uid {
		pooled = label(l.Old, "agents.x-k8s.io/warm-pool-sandbox") != ""
	}
	if pooled && !same(fixed(l.Old["spec"]), fixed(l.New["spec"])) {
		return "a user changed what is in a pool's Pod"
	}
	return ""
}

// fixed returns what is in a Pod, without where and when it runs, and how large it is.
func fixed(spec any) any {
	fields, ok := spec.(map[string]any)
	if !ok {
		return spec
	}
	kept := Object{}
	for key, value := range fields {
		switch key {
		case "schedulingGates", "nodeSelector", "affinity", "tolerations", "resources", "resizePolicy":
		case "containers", "initContainers":
			var sizeless []any
			for _, container := range items(fields, key) {
				fields, _ := container.(map[string]any)
				fields = maps.Clone(fields)
				delete(fields, "resources")
				delete(fields, "resizePolicy")
				sizeless = append(sizeless, any(fields))
			}
			kept[key] = sizeless
		default:
			kept[key] = value
		}
	}
	return kept
}
