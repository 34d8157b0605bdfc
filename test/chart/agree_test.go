package chart

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// The chart with its default values and config install the same objects, except for what a release adds.
func TestTheChartAndConfigAgree(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		values  []string
		folders []string
	}{
		"the installation": {folders: []string{"default"}},
		"the monitors": {
			values:  []string{"metrics.serviceMonitor.enabled=true", "metrics.prometheusRule.enabled=true"},
			folders: []string{"default", "prometheus"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var config []object
			for _, folder := range c.folders {
				config = append(config, kustomize(t, folder)...)
			}
			want, got := byName(config), byName(render(t, c.values...))
			for _, key := range keys(want, got) {
				if diff := gocmp.Diff(want[key], got[key]); diff != "" {
					t.Errorf("%s: -config +chart:\n%s", key, diff)
				}
			}
		})
	}
}

// byName returns objects by kind and name, without what only one of the two can have: the namespace, which helm creates, the
// test, and the labels of a release.
func byName(objects []object) map[string]object {
	byKey := map[string]object{}
	for _, o := range objects {
		kind := fmt.Sprint(o["kind"])
		if kind == "Namespace" || at(o, "metadata", "annotations", "helm.sh/hook") != nil {
			continue
		}
		for _, text := range []string{"labels", "annotations"} {
			if fields, ok := at(o, "metadata", text).(object); ok {
				delete(fields, "app.kubernetes.io/name") // config sets this by hand, if at all.
			}
		}
		stripped, _ := withoutRelease(o).(object)
		byKey[kind+" "+fmt.Sprint(at(o, "metadata", "name"))] = stripped
	}
	return byKey
}

// ofRelease are the labels and annotations with which helm and its users distinguish releases.
var ofRelease = []string{
	"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart", "helm.sh/resource-policy",
}

// withoutRelease removes those labels everywhere, including selectors, and removes maps that become empty.
func withoutRelease(value any) any {
	switch value := value.(type) {
	case object:
		stripped := object{}
		for key, field := range value {
			if slices.Contains(ofRelease, key) {
				continue
			}
			field = withoutRelease(field)
			if fields, ok := field.(object); ok && len(fields) == 0 && (key == "labels" || key == "annotations") {
				continue
			}
			stripped[key] = field
		}
		return stripped
	case []any:
		items := make([]any, len(value))
		for i := range value {
			items[i] = withoutRelease(value[i])
		}
		return items
	}
	return value
}

func keys(maps ...map[string]object) []string {
	var all []string
	for _, m := range maps {
		for key := range m {
			all = append(all, key)
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	return slices.Compact(all)
}
