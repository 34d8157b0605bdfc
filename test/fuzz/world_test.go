package fuzz

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/fuzz/oracle"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

type object = map[string]any

// world is what is stored beside the object of a request, and what a webhook sees of it.
type world struct {
	live, cached oracle.World
}

// at returns what is at a path, or nil.
func at(o object, path ...string) any {
	var value any = o
	for _, key := range path {
		inner, ok := value.(object)
		if !ok {
			return nil
		}
		value = inner[key]
	}
	return value
}

func text(o object, path ...string) string {
	value, _ := at(o, path...).(string)
	return value
}

// refs returns the owner references of both objects that name a kind.
func refs(r *tape.Request, kind string) []object {
	var all []object
	for _, o := range []object{r.Object, r.Old} {
		list, _ := at(o, "metadata", "ownerReferences").([]any)
		for _, item := range list {
			if ref, ok := item.(object); ok && ref["kind"] == kind {
				all = append(all, ref)
			}
		}
	}
	return all
}

const bindingKey = "agents.x-k8s.io/sandbox-name"

// wordsOf returns the names and UIDs that a request is about, and a few more.
func wordsOf(r *tape.Request) []string {
	words := map[string]bool{"other": true, "other-uid": true, "costarring": true, "liquid": true, "warm-1": true, "template": true, "pool": true}
	add := func(word string) {
		if word != "" {
			words[word] = true
		}
	}
	for _, o := range []object{r.Object, r.Old} {
		for _, path := range [][]string{
			{"metadata", "name"}, {"metadata", "uid"}, {"metadata", "annotations", bindingKey}, {"status", "sandbox", "name"},
			{"spec", "warmPoolRef", "name"}, {"spec", "sandboxTemplateRef", "name"},
		} {
			add(text(o, path...))
		}
	}
	for _, kind := range []string{"Sandbox", "SandboxClaim", "SandboxWarmPool"} {
		for _, ref := range refs(r, kind) {
			add(text(ref, "name"))
			add(text(ref, "uid"))
		}
	}
	return slices.Sorted(maps.Keys(words))
}

// newWorld returns a world in which a request makes sense, but for what t changes about it.
func newWorld(r *tape.Request, t *tape.Tape) *world {
	w := &world{live: oracle.World{}, cached: oracle.World{}}
	for _, ref := range refs(r, "Sandbox") {
		w.put("Sandbox", text(ref, "name"), sandbox(t.Below(12), r, text(ref, "name"), text(ref, "uid"), false))
	}
	if r.Kind == "SandboxClaim" {
		for _, name := range []string{
			text(r.Old, "metadata", "annotations", bindingKey), text(r.Object, "metadata", "annotations", bindingKey), text(r.Old, "status", "sandbox", "name"),
		} {
			w.put("Sandbox", name, sandbox(t.Below(12), r, name, name+"-uid", true))
		}
	}
	for _, ref := range refs(r, "SandboxClaim") {
		w.put("SandboxClaim", text(ref, "name"), claim(t.Below(10), r, ref))
	}
	w.put("SandboxTemplate", "liquid", template(0, "liquid"))
	for _, o := range []object{r.Object, r.Old} {
		if name := text(o, "spec", "sandboxTemplateRef", "name"); name != "" {
			w.put("SandboxTemplate", name, template(t.Below(4), name))
		}
		if name := text(o, "spec", "warmPoolRef", "name"); name != "" {
			w.put("SandboxWarmPool", name, pool(t.Below(4), name))
			w.put("SandboxTemplate", "template", template(t.Below(4), "template"))
		}
	}
	w.remember(t)
	return w
}

// put stores an object, unless there is one of that name. A nil object is not there.
func (w *world) put(kind, name string, o object) {
	if _, known := w.live[kind+"/"+name]; known || name == "" || o == nil {
		return
	}
	w.live[kind+"/"+name] = o
}

// remember fills the cache with what was there earlier.
func (w *world) remember(t *tape.Tape) {
	for _, key := range slices.Sorted(maps.Keys(w.live)) {
		o := tape.Clone(w.live[key])
		meta, _ := o["metadata"].(object)
		switch t.Below(6) {
		case 3:
			continue
		case 4:
			delete(meta, "deletionTimestamp")
			delete(o, "status")
		case 5:
			meta["uid"] = "earlier-uid"
		}
		w.cached[key] = o
	}
}

// read returns an object as a webhook asks for it.
func read(from oracle.World, kind, name string, into client.Object) error {
	stored, ok := from[kind+"/"+name]
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{Resource: kind}, name)
	}
	return kubejson.Unmarshal(tape.Raw(stored), into)
}

// reader reads one view of a world. It fails if it is broken.
type reader struct {
	view   oracle.World
	broken bool
}

var errBroken = errors.New("the API server does not answer")

func (r reader) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	if r.broken {
		return errBroken
	}
	switch into.(type) {
	case *sandboxv1.Sandbox:
		return read(r.view, "Sandbox", key.Name, into)
	case *extensionsv1.SandboxClaim:
		return read(r.view, "SandboxClaim", key.Name, into)
	case *extensionsv1.SandboxTemplate:
		return read(r.view, "SandboxTemplate", key.Name, into)
	case *extensionsv1.SandboxWarmPool:
		return read(r.view, "SandboxWarmPool", key.Name, into)
	}
	return fmt.Errorf("webhooks do not read %T", into)
}

// List lists templates by the hash of their names, and webhooks list nothing else.
func (r reader) List(_ context.Context, into client.ObjectList, options ...client.ListOption) error {
	if r.broken {
		return errBroken
	}
	var o client.ListOptions
	o.ApplyOptions(options)
	list, ok := into.(*extensionsv1.SandboxTemplateList)
	if !ok {
		return fmt.Errorf("webhooks do not list %T", into)
	}
	for _, key := range slices.Sorted(maps.Keys(r.view)) {
		var found extensionsv1.SandboxTemplate
		if len(key) > 16 && key[:16] == "SandboxTemplate/" {
			if err := kubejson.Unmarshal(tape.Raw(r.view[key]), &found); err != nil {
				return err
			}
			if o.FieldSelector.Matches(fields.Set{"webhooks/hash(metadata.name)": rules.Hash(found.Name)}) {
				list.Items = append(list.Items, found)
			}
		}
	}
	return nil
}
