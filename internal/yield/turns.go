package yield

import "sigs.k8s.io/controller-runtime/pkg/reconcile"

// turns are requests of which each namespace in turn has its first handed out. So a namespace with a thousand of them keeps another
// waiting for one.
type turns struct {
	of  map[string][]reconcile.Request // by namespace, none of them empty
	has map[reconcile.Request]bool
	// order are the namespaces, with the next one first.
	order []string
}

// add adds request, which is not there.
func (t *turns) add(request reconcile.Request) {
	if t.of == nil {
		t.of, t.has = map[string][]reconcile.Request{}, map[reconcile.Request]bool{}
	}
	if len(t.of[request.Namespace]) == 0 {
		t.order = append(t.order, request.Namespace)
	}
	t.of[request.Namespace] = append(t.of[request.Namespace], request)
	t.has[request] = true
}

func (t *turns) empty() bool { return len(t.order) == 0 }

// next takes out the request whose turn it is.
func (t *turns) next() reconcile.Request {
	namespace := t.order[0]
	first, rest := t.of[namespace][0], t.of[namespace][1:]
	t.order = t.order[1:]
	delete(t.has, first)
	if len(rest) == 0 {
		delete(t.of, namespace)
	} else {
		t.of[namespace] = rest
		t.order = append(t.order, namespace)
	}
	return first
}
