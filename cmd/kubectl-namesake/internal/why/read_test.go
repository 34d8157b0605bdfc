package why

import (
	"testing"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// A binding that is no name leads to no object: nobody is asked for it. There is no client here that could be asked.
func TestWhatIsNoNameIsNotAskedFor(t *testing.T) {
	for _, name := range []string{"../../x", ".", "a/b", "a%2fb"} {
		r := &reader{namespace: "default"}
		if found, err := r.get(t.Context(), "Sandbox", r.key(name), &sandboxv1.Sandbox{}); found || err != nil {
			t.Errorf("%s: %t, %v", name, found, err)
		}
	}
}
