package twomanagers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// cases is the folder with what the rules refuse: see its README.md.
const cases = "../../integration/refusals/testdata/cases"

// move is a write that a rule refuses: a merge patch of some object of a kind. What is in a spec is for a claim's user to change, so a move
// that would change one may be let in: it is a dry run, or claims would not become Ready.
type move struct {
	rule, title, kind, subresource string
	to                             map[string]any
}

// readMoves returns every change in the cases that admission refuses to users.
func readMoves(t *testing.T) []move {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(cases), "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files with cases: %v", len(files), err)
	}
	var moves []move
	for _, file := range files {
		var sheet struct {
			Rule    string
			Entries []struct {
				Title, Change, Subresource, Webhooks, Policies string
				To                                             map[string]any
				By                                             []string
			}
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(text, &sheet)
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, e := range sheet.Entries {
			isUsers := slices.ContainsFunc(e.By, func(who string) bool { return slices.Contains([]string{"editor", "admin", "neighbour"}, who) })
			if kind, _, _ := strings.Cut(e.Change, "/"); isUsers && e.To != nil && strings.HasPrefix(cmp.Or(e.Policies, e.Webhooks), "refused") {
				moves = append(moves, move{sheet.Rule, e.Title, kind, e.Subresource, e.To})
			}
		}
	}
	return moves
}

// attacker tries every move on whatever objects there are, over and over.
type attacker struct {
	client    client.Client
	namespace string
	dice      *rand.Rand
	// refused counts the refusals by rule, and allowed what was let in and changed something, by move: it hit an object of which the rule does
	// not say that.
	refused, allowed map[string]int
}

// kinds are the kinds that moves are about.
func kinds() map[string]client.ObjectList {
	return map[string]client.ObjectList{
		"Sandbox": &sandboxv1.SandboxList{}, "SandboxClaim": &extensionsv1.SandboxClaimList{}, "SandboxWarmPool": &extensionsv1.SandboxWarmPoolList{},
		"SandboxTemplate": &extensionsv1.SandboxTemplateList{}, "Pod": &corev1.PodList{},
	}
}

// rounds is how often each move is tried at least, while there is an object for it.
func rounds() int {
	if testing.Short() {
		return 2
	}
	return 5
}

// run tries the moves in turns, each on another object, until done is closed and each was tried often enough.
func (a *attacker) run(ctx context.Context, moves []move, done <-chan struct{}) error {
	for round := 0; ; round++ {
		select {
		case <-done:
			if round >= rounds() {
				return nil
			}
		default:
		}
		live, err := a.look(ctx)
		if err != nil {
			return err
		}
		for _, m := range moves {
			if len(live[m.kind]) == 0 {
				continue
			}
			if err := a.try(ctx, m, live); err != nil {
				return err
			}
		}
	}
}

// look returns what objects there are, by kind.
func (a *attacker) look(ctx context.Context) (map[string][]client.Object, error) {
	live := map[string][]client.Object{}
	for kind, list := range kinds() {
		if err := a.client.List(ctx, list, client.InNamespace(a.namespace)); err != nil {
			return nil, err
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			obj, ok := item.(client.Object)
			if !ok {
				return fmt.Errorf("%T is no object", item)
			}
			live[kind] = append(live[kind], obj)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return live, nil
}

// try sends a move to an object, with other objects in place of those that the case names.
func (a *attacker) try(ctx context.Context, m move, live map[string][]client.Object) error {
	obj, ok := a.any(live[m.kind]).DeepCopyObject().(client.Object)
	if !ok {
		return errors.New("a copy of an object is none")
	}
	body, err := json.Marshal(a.aim(m.to, live))
	if err != nil {
		return err
	}
	patch, version := client.RawPatch(types.MergePatchType, body), obj.GetResourceVersion()
	var options []client.PatchOption
	if m.to["spec"] != nil {
		options = append(options, client.DryRunAll)
	}
	if m.subresource == "" {
		err = a.client.Patch(ctx, obj, patch, options...)
	} else {
		err = a.client.SubResource(m.subresource).Patch(ctx, obj, patch)
	}
	switch {
	case err == nil && obj.GetResourceVersion() == version: // It was so before.
	case err == nil:
		a.allowed[m.rule+": "+m.title]++
	case apierrors.IsNotFound(err), apierrors.IsConflict(err): // It has gone, or has changed, since the look.
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err), apierrors.IsBadRequest(err):
		a.refused[m.rule]++
	default:
		return fmt.Errorf("%s: %w", m.title, err)
	}
	return nil
}

// any returns one of objects.
func (a *attacker) any(objects []client.Object) client.Object {
	return objects[a.dice.IntN(len(objects))]
}

// aim returns value with the references to objects of the case replaced by objects that there are.
func (a *attacker) aim(value any, live map[string][]client.Object) any {
	switch value := value.(type) {
	case map[string]any:
		aimed := map[string]any{}
		for key, entry := range value {
			aimed[key] = a.aim(entry, live)
		}
		if kind, ok := referred(value["uid"]); ok && len(live[kind]) > 0 {
			owner := a.any(live[kind])
			aimed["name"], aimed["uid"] = owner.GetName(), string(owner.GetUID())
		}
		return aimed
	case []any:
		aimed := make([]any, len(value))
		for i, entry := range value {
			aimed[i] = a.aim(entry, live)
		}
		return aimed
	case string:
		if kind, ok := referred(value); ok {
			if kind == "hash" || len(live[kind]) == 0 {
				return rules.Hash("python")
			}
			return string(a.any(live[kind]).GetUID())
		}
	}
	return value
}

// referred returns the kind of a reference, such as $(Sandbox/own).
func referred(value any) (kind string, ok bool) {
	text, _ := value.(string)
	inside, ok := strings.CutPrefix(text, "$(")
	kind, _, slash := strings.Cut(inside, "/")
	return kind, ok && slash
}

// String says how often each rule refused, and what was let in.
func (a *attacker) String() string {
	var lines []string
	for _, rule := range slices.Sorted(maps.Keys(a.refused)) {
		lines = append(lines, fmt.Sprintf("%5d refused: %s", a.refused[rule], rule))
	}
	for _, title := range slices.Sorted(maps.Keys(a.allowed)) {
		lines = append(lines, fmt.Sprintf("%5d let in: %s", a.allowed[title], title))
	}
	return strings.Join(lines, "\n")
}
