package webhooks

import (
	"errors"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestLookup(t *testing.T) {
	old, current := builder.MakeSandbox("a").UID("old").Obj(), builder.MakeSandbox("a").UID("current").Obj()
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		cache, live           *shelf
		asked                 string
		want                  client.Object
		err                   error
		cacheAsked, liveAsked int
	}{
		"the cache has it":                           {cache: shelfOf(current), live: shelfOf(), want: current, cacheAsked: 1},
		"the cache does not have it yet":             {cache: shelfOf(), live: shelfOf(current), want: current, cacheAsked: 1, liveAsked: 1},
		"the cache has an earlier one":               {cache: shelfOf(old), live: shelfOf(current), want: current, cacheAsked: 1, liveAsked: 1},
		"the cache has one that is gone":             {cache: shelfOf(old), live: shelfOf(), cacheAsked: 1, liveAsked: 1},
		"there is none":                              {cache: shelfOf(), live: shelfOf(), cacheAsked: 1, liveAsked: 1},
		"what is live is returned, good or not":      {cache: shelfOf(), live: shelfOf(old), want: old, cacheAsked: 1, liveAsked: 1},
		"the cache fails":                            {cache: &shelf{err: broken}, live: shelfOf(current), err: broken, cacheAsked: 1},
		"the API server fails":                       {cache: shelfOf(), live: &shelf{err: broken}, err: broken, cacheAsked: 1, liveAsked: 1},
		"the API server fails, and is not asked":     {cache: shelfOf(current), live: &shelf{err: broken}, want: current, cacheAsked: 1},
		"a name that no object has is not asked for": {cache: &shelf{err: broken}, live: &shelf{err: broken}, asked: "a/b"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.asked == "" {
				tc.asked = "a"
			}
			l := lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]{cache: tc.cache, live: tc.live}
			got, err := l.get(t.Context(), builder.DefaultNamespace, tc.asked, hasUID("current"))
			if !errors.Is(err, tc.err) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			if (got == nil) != (tc.want == nil) || (got != nil && got.UID != tc.want.GetUID()) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if tc.cache.asked != tc.cacheAsked || tc.live.asked != tc.liveAsked {
				t.Errorf("asked the cache %d times and the API server %d times, want %d and %d", tc.cache.asked, tc.live.asked, tc.cacheAsked, tc.liveAsked)
			}
		})
	}
}

func TestLookupLive(t *testing.T) {
	cache, live := shelfOf(builder.MakeSandbox("a").Obj()), shelfOf()
	l := lookup[sandboxv1.Sandbox, *sandboxv1.Sandbox]{cache: cache, live: live}
	if got, err := l.getLive(t.Context(), builder.DefaultNamespace, "a"); got != nil || err != nil || cache.asked != 0 {
		t.Errorf("got %v, %v, and asked the cache %d times", got, err, cache.asked)
	}
}
