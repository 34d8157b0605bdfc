package fuzz

import (
	"encoding/json"
	"testing"

	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// FuzzBodies sends any bytes to each webhook: there is an answer within the bounds, and never a panic.
func FuzzBodies(f *testing.F) {
	for i, r := range reviews(f) {
		if i%6 == 0 {
			f.Add(byte(i), r.Body())
		}
	}
	for _, body := range []string{``, `null`, `{}`, `[]`, `{"request":null}`, `{"request":{}}`, `{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"x"}}`, "\x00"} {
		f.Add(byte(0), []byte(body))
	}
	s := newServer(&world{}, &tape.Request{}, tape.New(nil))
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		s.ask(t, paths[int(which)%len(paths)], body)
	})
}

// FuzzObjects sends reviews that are well-formed, but for the objects in them.
func FuzzObjects(f *testing.F) {
	for i, r := range reviews(f) {
		if i%6 == 0 {
			f.Add(byte(i), byte(0), tape.Raw(r.Object), tape.Raw(r.Old))
		}
	}
	for _, raw := range []string{`null`, `7`, `[]`, `{}`, `{"metadata":7}`, `{"metadata":{"ownerReferences":[null]}}`, `{"spec":{"env":[null]}}`, `{"metadata":{"labels":{"a":"b"},"labels":null}}`} {
		f.Add(byte(1), byte(1), []byte(raw), []byte(raw))
	}
	all := reviews(f)
	f.Fuzz(func(t *testing.T, which, operation byte, raw, old []byte) {
		r := all[int(which)%len(all)].Clone()
		r.Operation = []string{r.Operation, "CREATE", "UPDATE"}[int(operation)%3]
		r.User = []string{"editor", manager, collector}[int(operation/3)%3]
		s := newServer(newWorld(r, tape.New([]byte{operation})), r, tape.New(nil))
		s.ask(t, r.Path, r.BodyOf(asJSON(raw), asJSON(old)))
	})
}

// asJSON returns raw, or a text of it if it is no JSON.
func asJSON(raw []byte) []byte {
	if json.Valid(raw) {
		return raw
	}
	said, err := json.Marshal(string(raw))
	if err != nil {
		return []byte("null")
	}
	return said
}

// seeds adds a tape for each request, and a few that change something.
func seeds(f *testing.F, n int) {
	f.Helper()
	for i := range n {
		for _, program := range []string{"", "\x02\x00\x03\x02\x01\x00\x09\x00", "\x00\x02\x02\x02"} {
			if i%9 == 0 || (program == "" && i%2 == 0) {
				f.Add(byte(i), []byte(program))
			}
		}
	}
}

// FuzzHandlers changes real requests, and asks the oracle about all that a webhook accepts by itself, whatever the conditions and the
// webhooks before it would have made of it.
func FuzzHandlers(f *testing.F) {
	all, known := reviews(f), loadSchemas(f)
	seeds(f, len(all))
	f.Fuzz(func(t *testing.T, which byte, program []byte) {
		r, tp := all[int(which)%len(all)].Clone(), tape.New(program)
		words := wordsOf(r)
		r.Mutate(tp, words)
		w := newWorld(r, tp)
		s := newServer(w, r, tp)
		response := s.ask(t, r.Path, r.Body())
		if !response.Allowed {
			return
		}
		switch r.Path {
		case "/mutate-pod", "/mutate-sandbox", "/mutate-sandboxclaim":
			known.checkPatch(t, s, r, response.Patch)
		default:
			if len(response.Patch) > 0 {
				t.Errorf("%s validates, and answers with a patch", r.Path)
			}
			if r.Operation != "CREATE" && r.Operation != "UPDATE" {
				return // Never sent.
			}
			if wrong := known.violation(t, handled(w, r)); wrong != "" {
				t.Errorf("%s by %q, accepted by %s: %s\nold %s\nnew %s", r.Operation, r.User, r.Path, wrong, tape.Raw(r.Old), tape.Raw(r.Object))
			}
		}
	})
}

// FuzzAdmission is FuzzHandlers for the whole of admission: who is asked at all, in which order, and about what.
func FuzzAdmission(f *testing.F) {
	all, a := reviews(f), loadAPIServer(f)
	seeds(f, len(all))
	f.Fuzz(func(t *testing.T, which byte, program []byte) {
		a.fuzzAdmission(t, all[int(which)%len(all)], program, "")
	})
}

// fuzzAdmission changes a request as program says, sends it, and asks the oracle. except is the path of a webhook that is not asked.
func (a *apiserver) fuzzAdmission(t *testing.T, sent *tape.Request, program []byte, except string) {
	t.Helper()
	r, tp := sent.Clone(), tape.New(program)
	words := wordsOf(r)
	r.Mutate(tp, words)
	if r = a.arrive(r); r == nil {
		return
	}
	w := newWorld(r, tp)
	out := a.admit(t, newServer(w, r, tp), r, except)
	if !out.accepted {
		return
	}
	if wrong := a.violation(t, written(w, r, out.stored)); wrong != "" {
		t.Errorf("%s %s by %q: %s\nold %s\nnew %s\nlive %s\ncached %s", r.Operation, r.Subresource, r.User, wrong, tape.Raw(r.Old), tape.Raw(out.stored),
			tape.Raw(asObject(w.live)), tape.Raw(asObject(w.cached)))
	}
}
