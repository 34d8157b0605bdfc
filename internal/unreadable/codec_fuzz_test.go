package unreadable

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// FuzzDecode: any bytes are an object or an error, of each kind. A Sandbox that is decoded with what others share is as one that is
// decoded by itself, and a list has each item, readable or not.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		``, `null`, `7`, `{}`, `[]`, `{"metadata":{"name":"a"},"spec":{"podTemplate":{"spec":{"containers":[{"name":"a","image":"b"}]}},"volumeClaimTemplates":[]}}`,
		`{"spec":{"podTemplate":{"spec":7}}}`, `{"metadata":{"name":"a","name":"b"},"spec":{"podTemplate":{"spec":{}},"podTemplate":{"spec":{"nodeName":"x"}}}}`,
		`{"spec":{"podTemplate":{"spec":{"containers":[{"resources":{"limits":{"cpu":"1e-900000000"}}}]}}}}`, `{"spec":{"shutdownTime":"never"}}`,
	} {
		f.Add(byte(0), []byte(text))
	}
	shared, all := newSpecs(), kinds()
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		k := all[int(which)%len(all)]
		alone, unread := (&codec{kind: k}).decode(text)
		again, unreadAgain := (&codec{kind: k, specs: shared}).decode(text)
		if (unread == nil) != (unreadAgain == nil) {
			t.Fatalf("alone: %v, with others: %v", unread, unreadAgain)
		}
		if unread != nil {
			if unread.Reason == "" {
				t.Error("no reason")
			}
			if _, err := (&codec{kind: k}).remains(unread); err != nil {
				t.Errorf("what remains: %v", err)
			}
		} else if diff := cmp.Diff(alone, again); diff != "" {
			t.Errorf("the object is another (-alone +shared):\n%s", diff)
		}
		if !json.Valid(text) {
			return
		}
		list, left, err := (&codec{kind: k, specs: shared}).decodeList([]byte(`{"items":[` + string(text) + `,{"metadata":{"name":"x"}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if n := items(t, list) + len(left); n != 2 {
			t.Errorf("a list of 2 has %d", n)
		}
	})
}

func items(t *testing.T, list client.ObjectList) int {
	t.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var read struct{ Items []json.RawMessage }
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return len(read.Items)
}
