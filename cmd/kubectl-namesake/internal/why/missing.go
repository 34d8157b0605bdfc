package why

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/installation"
	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// suggestions is how many names are suggested.
const suggestions = 5

// missing is the error for an object that does not exist.
type missingError struct {
	cause error
	more  []string
}

func (e *missingError) Error() string {
	return strings.Join(append([]string{e.cause.Error()}, e.more...), "\n")
}

func (e *missingError) Unwrap() error { return e.cause }

// explainMissing returns an error for an object that does not exist, with the objects of a similar name. If the webhooks do not answer,
// it says so: whoever created the object was refused.
func (r *reader) explainMissing(ctx context.Context, target objects.Ref, cause error) error {
	explained := &missingError{cause: cause}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(target.Kind.GroupVersionKind())
	if err := objects.List(ctx, r.client, list, client.InNamespace(r.namespace)); err == nil {
		var names []string
		for i := range list.Items {
			names = append(names, list.Items[i].Name)
		}
		explained.more = append(explained.more, r.others(target, names))
	}
	if err := r.readInstallation(ctx); err == nil {
		if blocking := installation.Blocking(r.snapshot.Installation); blocking != nil {
			explained.more = append(explained.more, "The API server may have refused it: "+blocking.Says+".\n"+blocking.Command)
		}
	}
	return explained
}

// others says which other objects of the kind there are, those of a similar name first.
func (r *reader) others(target objects.Ref, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("There is no %s in namespace %s.", target.Kind, r.namespace)
	}
	near := nearest(target.Name, names)
	if len(near) == 0 {
		return fmt.Sprintf("There are %d others in namespace %s, none of a similar name: kubectl --namespace %s get %s",
			len(names), r.namespace, r.namespace, target.Kind.Resource)
	}
	var refs []string
	for _, name := range near {
		refs = append(refs, target.Kind.String()+"/"+name)
	}
	return fmt.Sprintf("In namespace %s there is %s.", r.namespace, strings.Join(refs, ", "))
}

// nearest returns those of names that are most like name, the most alike first.
func nearest(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var candidates []candidate
	for _, other := range names {
		d := distance(name, other)
		if strings.Contains(other, name) || strings.Contains(name, other) {
			d = min(d, 1)
		}
		if d <= max(2, len(name)/3) {
			candidates = append(candidates, candidate{other, d})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var near []string
	for _, c := range candidates[:min(len(candidates), suggestions)] {
		near = append(near, c.name)
	}
	return near
}

// distance returns how many characters have to be added, removed or replaced to make b of a (Levenshtein). Names are of at most 253
// characters.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := min(row[j], row[j+1]) + 1
			if a[i] == b[j] {
				next = min(next, before)
			} else {
				next = min(next, before+1)
			}
			before, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
