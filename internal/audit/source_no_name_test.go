package audit

import "testing"

// A binding that is no name leads to no object: nobody is asked for it. There is no reader here that could be asked.
func TestWhatIsNoNameIsNotAskedFor(t *testing.T) {
	for _, name := range []string{"../../x", ".", "a/b", "a%2fb"} {
		if got, err := (&Source{}).get(t.Context(), Object{Kind: "Sandbox", Namespace: "default", Name: name}); got != nil || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
