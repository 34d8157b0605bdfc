package chart

import (
	"slices"
	"testing"
)

// The managers are told of the file that is mounted, and of the names.
func TestCallers(t *testing.T) {
	t.Parallel()
	for variant, want := range map[string]struct {
		file, names string
		source      []any
	}{
		"callers":             {"/etc/namesake/client-ca/ca.crt", "kube-apiserver,also.kube-apiserver", []any{"configMap", "name"}},
		"callers by a Secret": {"/etc/namesake/client-ca/tls.crt", "", []any{"secret", "secretName"}},
	} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			flags := flagsOf(t, variants[variant]...)
			if !slices.Contains(flags, "--webhook-client-ca-file="+want.file) {
				t.Errorf("no flag names %s: %v", want.file, flags)
			}
			if got := slices.Contains(flags, "--webhook-client-names="+want.names); got != (want.names != "") {
				t.Errorf("a flag has the names %q: %t", want.names, got)
			}
			pod := at(named(render(t, variants[variant]...), "Deployment", "namesake"), "spec", "template", "spec")
			volume, mount := at(pod, "volumes", 1), at(pod, "containers", 0, "volumeMounts", 1)
			if at(volume, want.source...) != "callers" || at(volume, "name") != at(mount, "name") || at(mount, "mountPath") != "/etc/namesake/client-ca" {
				t.Errorf("the volume %v is mounted as %v", volume, mount)
			}
		})
	}
	for _, flag := range flagsOf(t) {
		if flag == "--webhook-client-ca-file=" {
			t.Error("by default there is no authority, and a flag for it")
		}
	}
}
