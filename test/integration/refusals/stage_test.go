package refusals

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// stage is a namespace in which cases are performed, one after the other. A situation stays for the next case as long as nothing was
// allowed that may have changed it.
type stage struct {
	*suite.Namespace

	mode    mode
	clients map[string]dynamic.Interface
	// pool is what all cases have: a pool, and its template of the same name.
	pool  *extensionsv1.SandboxWarmPool
	built map[string]bool
	uids  map[string]types.UID
	// settled says that the webhooks know what there is.
	settled bool
}

// poolName is the name of the stage's pool and of its template.
const poolName = "python"

func newStage(t *testing.T, m mode) *stage {
	t.Helper()
	s := &stage{Namespace: suite.New(t), mode: m, clients: clients(t)}
	grant(t, s.Namespace)
	s.pool = s.Pool(t, poolName)
	s.clear(t)
	return s
}

// know notes the UID of an object, for references.
func (s *stage) know(kind string, obj client.Object) { s.uids[kind+"/"+obj.GetName()] = obj.GetUID() }

// set makes the situations of a case what there is, besides the pool and its template. If webhooks go by their cache, it has them as well.
func (s *stage) set(t *testing.T, given []string, cached bool) {
	t.Helper()
	for name := range s.built {
		if !slices.Contains(given, name) {
			s.clear(t)
			break
		}
	}
	for _, name := range given {
		if !s.built[name] {
			situations[name](t, s)
			s.built[name], s.settled = true, false
		}
	}
	if s.mode.webhooks && cached && !s.settled {
		s.Settle(t) // The webhooks read from the cache, and users are slower than this test.
		s.settled = true
	}
}

// clear removes everything but the pool and its template.
func (s *stage) clear(t *testing.T) {
	t.Helper()
	s.built, s.settled = map[string]bool{}, false
	s.uids = map[string]types.UID{}
	s.know("SandboxWarmPool", s.pool)
	for _, list := range []client.ObjectList{
		&corev1.PodList{}, &sandboxv1.SandboxList{}, &extensionsv1.SandboxClaimList{}, &extensionsv1.SandboxWarmPoolList{},
		&extensionsv1.SandboxTemplateList{},
	} {
		s.clearAll(t, list)
	}
}

func (s *stage) clearAll(t *testing.T, list client.ObjectList) {
	t.Helper()
	if err := s.Admin.List(t.Context(), list, client.InNamespace(s.Name)); err != nil {
		t.Fatal(err)
	}
	objects, err := objectsOf(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range objects {
		_, isPod := obj.(*corev1.Pod)
		if obj.GetName() == poolName && !isPod {
			continue
		}
		if len(obj.GetFinalizers()) > 0 {
			none := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
			if err := s.Admin.Patch(t.Context(), obj, none); client.IgnoreNotFound(err) != nil {
				t.Fatal(err)
			}
		}
		if err := s.Admin.Delete(t.Context(), obj, client.GracePeriodSeconds(0)); client.IgnoreNotFound(err) != nil {
			t.Fatal(err)
		}
	}
}

// perform sends the write of a case, and returns what it came to.
func (s *stage) perform(t *testing.T, c instance) outcome {
	t.Helper()
	s.set(t, c.Given, c.Cached)
	r, err := s.request(t, c)
	if err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	refusals := refusalsByRule(t)
	after, err := r.send(t.Context())
	o := outcome{err: err, before: r.before, after: after}
	if err == nil && !c.dryRun {
		s.clear(t)
	}
	if err != nil {
		o.rule = counted(refusals, refusalsByRule(t))
	}
	return o
}

// request returns what is sent for a case.
func (s *stage) request(t *testing.T, c instance) (request, error) {
	t.Helper()
	kind, _, _ := strings.Cut(c.kind(), "/")
	resource, known := resources[kind]
	if !known {
		return request{}, fmt.Errorf("kind %q is not among those that are written", kind)
	}
	r := request{resource: s.clients[c.by].Resource(resource).Namespace(s.Name), how: c.how}
	if c.dryRun {
		r.dryRun = []string{metav1.DryRunAll}
	}
	if c.Subresource != "" {
		r.subresource = []string{c.Subresource}
	}
	var err error
	if r.body, err = c.body(s.uids); err != nil || c.Change == "" {
		if c.how == howApply {
			r.name = nameIn(c.Create)
		}
		return r, err
	}
	_, r.name, _ = strings.Cut(c.Change, "/")
	r.before = s.read(t, c, kind, r.name)
	return r, nil
}

// body returns what is sent for the case: the object, the patch, or what is to be different.
func (c instance) body(uids map[string]types.UID) ([]byte, error) {
	var content any = c.Create
	switch {
	case c.To != nil:
		content = c.To
	case c.Patch != nil:
		content = c.Patch
	case c.Post != nil:
		content = c.Post
	}
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return resolve(text, uids)
}

// read returns the object that a case changes: for subresource scale that of the subresource.
func (s *stage) read(t *testing.T, c instance, kind, name string) *unstructured.Unstructured {
	t.Helper()
	var subresource []string
	if c.Subresource == "scale" {
		subresource = []string{c.Subresource}
	}
	obj, err := s.clients["admin"].Resource(resources[kind]).Namespace(s.Name).Get(t.Context(), name, metav1.GetOptions{}, subresource...)
	if err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	obj.SetManagedFields(nil)
	return obj
}

// nameIn returns the name in a manifest.
func nameIn(manifest map[string]any) string {
	name, _, _ := unstructured.NestedString(manifest, "metadata", "name") // Where there is none, the API server says so.
	return name
}
