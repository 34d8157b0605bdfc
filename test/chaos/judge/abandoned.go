package judge

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Abandoned returns the names of the namespaces that have been gone for a time at least, while something in them is there: Kubernetes
// has ended them too early, and looks for nothing there any more.
func (j *Judge) Abandoned(at time.Time, wait time.Duration) []string {
	ended := map[string]bool{}
	for _, o := range j.objects {
		if o.latest.Kind == Namespace && o.gone && at.Sub(o.goneAt) >= wait {
			ended[o.latest.Name] = true
		}
	}
	for _, o := range j.alive[Namespace] {
		delete(ended, o.latest.Name)
	}
	abandoned := map[string]bool{}
	for _, objects := range j.alive {
		for name := range namespacesOf(objects) {
			if ended[name] {
				abandoned[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(abandoned))
}

func namespacesOf(objects map[types.UID]*object) map[string]bool {
	names := map[string]bool{}
	for _, o := range objects {
		names[o.latest.Namespace] = true
	}
	return names
}
