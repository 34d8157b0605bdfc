package sandbox

import (
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Whether a Pod is valid as it is sent is asked once in ten minutes for each generation, if the answer can be kept.
func TestAskingOfAPodAsSent(t *testing.T) {
	templates := schema.GroupResource{Resource: "podtemplates"}
	path := field.NewPath("template", "spec")
	for name, tc := range map[string]struct {
		answer error
		want   rules.PodAsSent
		kept   bool
	}{
		"valid":           {nil, rules.PodAsSentValid, true},
		"there already":   {apierrors.NewAlreadyExists(templates, "a"), rules.PodAsSentValid, true},
		"without a right": {apierrors.NewForbidden(templates, "a", errors.New("no")), rules.PodAsSentUnknown, true},
		"invalid": {
			apierrors.NewInvalid(schema.GroupKind{Kind: "PodTemplate"}, "a", field.ErrorList{field.Required(path, "")}), rules.PodAsSentInvalid, false,
		},
		"lost": {errors.New("connection refused"), rules.PodAsSentUnknown, false},
		"busy": {apierrors.NewTooManyRequests("later", 1), rules.PodAsSentUnknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			memory, asked := &invalidObjects{}, 0
			ask := func(generation int64, now time.Time, want int) {
				t.Helper()
				answer := memory.ask(builder.MakeSandbox("a").Generation(generation).Obj(), "a", now, func() error {
					asked++
					return tc.answer
				})
				if got := rules.JudgePodAsSent(answer); got != tc.want {
					t.Errorf("got %s (%v), want %s", got, answer, tc.want)
				}
				if !tc.kept {
					return
				}
				if asked != want {
					t.Errorf("asked %d times, want %d", asked, want)
				}
			}
			ask(1, builder.Epoch, 1)
			ask(1, builder.Epoch.Add(9*time.Minute), 1)
			ask(2, builder.Epoch.Add(9*time.Minute), 2)
			ask(1, builder.Epoch.Add(10*time.Minute), 3)
			if !tc.kept && asked != 4 {
				t.Errorf("asked %d times, want 4", asked)
			}
		})
	}
}
