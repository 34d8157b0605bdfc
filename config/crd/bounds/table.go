package main

import "strings"

// limit is the bound of the fields whose path ends in suffix: "[]" stands for an item of a list, "{}" for a value of a map. Of
// several that apply, the one with the longest suffix counts.
type limit struct {
	suffix string
	max    int64
}

// items bounds lists. The default is far above what a Pod has of anything; lists that programs fill, not people, have more.
var items = []limit{
	{"", 256},
	{"containers", 128}, // Each can hold a list of everything below it.
	{"initContainers", 128},
	{"ephemeralContainers", 128},
	{"env", 1024},
	{"command", 1024},
	{"args", 1024},
	{"volumes", 512},
	{"volumeMounts", 512},
	{"items", 1024},                     // One for each key of a ConfigMap or Secret.
	{"ports", 1024},                     // One for each port, since a Pod has no ranges.
	{"matchExpressions[].values", 1024}, // Names of nodes, which a scheduler of one's own may list.
	{"matchFields[].values", 1024},
	{"supplementalGroups", 1024},
	{"egress", 1024}, // Addresses that a provider publishes come by the hundreds.
	{"ingress", 1024},
	{"egress[].to", 1024},
	{"ingress[].from", 1024},
	{"accessModes", 16},       // There are four.
	{"status.conditions", 32}, // Namesake writes five at most.
	{"podIPs", 16},            // One for each family.
}

// itemsOfSandbox are the lists that a Sandbox has of both its template and its claim.
var itemsOfSandbox = []limit{
	{"env", 2048},
}

// entries bounds maps.
var entries = []limit{
	{"", 256},
	{"matchLabels", 64}, // The labels of one object.
	{"limits", 64},      // The resources of one node.
	{"requests", 64},
	{"overhead", 64},
}

// entriesOfSandbox are the maps that a Sandbox has of both its template and its claim.
var entriesOfSandbox = []limit{
	{"podTemplate.metadata.labels", 512},
	{"podTemplate.metadata.annotations", 512},
}

// characters bounds texts. The default is the longest path that Linux takes (PATH_MAX), which is above all names, images and keys.
var characters = []limit{
	{"", 4096},
	// The longest argument or variable that Linux hands to a program (MAX_ARG_STRLEN, 32 pages).
	{"env[].value", 131072},
	{"command[]", 131072},
	{"args[]", 131072},
	// The annotations of an object, together (TotalAnnotationSizeLimitB of Kubernetes).
	{"annotations{}", 262144},
	{"userAnnotations{}", 65536},
	// The value of a label (LabelValueMaxLength of Kubernetes).
	{"labels{}", 63},
	{"matchLabels{}", 63},
	{"nodeSelector{}", 63},
	// What Kubernetes takes of a credential spec (maxGMSACredentialSpecLength).
	{"gmsaCredentialSpec", 65536},
	// Tokens and queries, which no page of memory bounds. Servers take 8 to 64 KiB of headers.
	{"httpHeaders[].value", 65536},
	{"httpGet.path", 65536},
	// What drivers of volumes make of their attributes is theirs to say.
	{"volumeAttributes{}", 65536},
	{"flexVolume.options{}", 65536},
	// A time, to the nanosecond, has 35.
	{"shutdownTime", 64},
	{"lastTransitionTime", 64},
	{"lastTime", 64},
	{"lastFinishedAt", 64},
}

// of returns the bound for the field at path.
func of(path string, tables ...[]limit) int64 {
	best := limit{}
	for _, table := range tables {
		for _, l := range table {
			ends := path == l.suffix || l.suffix == "" || strings.HasSuffix(path, "."+l.suffix)
			if ends && (best.max == 0 || len(l.suffix) >= len(best.suffix)) {
				best = l
			}
		}
	}
	return best.max
}
