package faults

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

var (
	// suffixed is the name of a Sandbox from a pool.
	suffixed = regexp.MustCompile(`^(.*)-[a-z0-9]{5}$`)
	// moments are times as they are written in objects.
	moments = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	// tokens is the random name of a volume that the API server adds to Pods.
	tokens = regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`)
)

// state returns all that there is, one object in each string, without what differs between two runs: UIDs, versions, times, random
// names. An object that refers to another still says to which kind of object, and of which name but for its random part. The caller
// holds the lock.
func (w *world) state() []string {
	replacer := w.replacer()
	var lines []string
	for k, obj := range w.objects {
		lines = append(lines, plainName(k.name, k.kind)+" "+k.kind+" "+replacer.Replace(render(obj)))
	}
	slices.Sort(lines)
	return lines
}

// plainName returns the name of an object without a random part. Only Sandboxes of a pool, and what is named as they are, have one.
func plainName(name, kind string) string {
	switch kind {
	case "Sandbox", "Pod", "Service", "PersistentVolumeClaim":
		return suffixed.ReplaceAllString(name, "$1-*")
	case "Namespace":
		return "(namespace)"
	}
	return name
}

// replacer replaces UIDs, random names and their hashes.
func (w *world) replacer() *strings.Replacer {
	pairs := []string{w.namespace, "(namespace)"}
	seen := map[string]bool{}
	for _, uid := range sortedUIDs(w.names) {
		k := w.names[uid]
		plain := plainName(k.name, k.kind)
		pairs = append(pairs, string(uid), "(UID of "+k.kind+" "+plain+")")
		if plain != k.name && !seen[k.name] {
			seen[k.name] = true
			pairs = append(pairs, k.name, plain, rules.Hash(k.name), "(hash of "+plain+")")
		}
	}
	return strings.NewReplacer(pairs...)
}

func sortedUIDs(names map[types.UID]key) []types.UID {
	var uids []types.UID
	for uid := range names {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	return uids
}

// render returns an object as JSON, without what the API server counts and notes, and without times.
func render(obj client.Object) string {
	raw, err := json.Marshal(obj)
	if err != nil {
		return err.Error()
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return err.Error()
	}
	metadata, _ := tree["metadata"].(map[string]any)
	for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "namespace", "generateName"} {
		delete(metadata, field)
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		delete(annotations, sandboxv1.AnnotationClaimFirstReadyAt) // It comes when a claim has not been Ready for a moment.
	}
	compareGenerations(tree, obj.GetGeneration())
	raw, err = json.Marshal(tree)
	if err != nil {
		return err.Error()
	}
	return tokens.ReplaceAllString(moments.ReplaceAllString(string(raw), "(time)"), "kube-api-access-*")
}

// compareGenerations replaces each observedGeneration by whether it is the current one.
func compareGenerations(node any, current int64) {
	switch node := node.(type) {
	case map[string]any:
		for field, value := range node {
			if field == "observedGeneration" {
				node[field] = fmt.Sprint(value) == fmt.Sprint(current)
			} else {
				compareGenerations(value, current)
			}
		}
	case []any:
		for _, value := range node {
			compareGenerations(value, current)
		}
	}
}
