package model

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/model/claims"
	"github.com/namesake-sandbox/namesake/test/model/pods"
	"github.com/namesake-sandbox/namesake/test/model/pools"
	"github.com/namesake-sandbox/namesake/test/model/search"
)

// protection is one of any model.
type protection struct {
	name, where, without, with string
	search                     func(atMost int) search.Found
}

// protections returns those of all models.
func protections() []protection {
	var all []protection
	for _, p := range claims.Protections() {
		all = append(all, protection{p.Name, p.Where, p.Without, p.With, p.Search})
	}
	for _, p := range pools.Protections() {
		all = append(all, protection{p.Name, p.Where, p.Without, "", p.Search})
	}
	for _, p := range pods.Protections() {
		all = append(all, protection{p.Name, p.Where, p.Without, "", p.Search})
	}
	return all
}

// tell says what was found without a protection, as docs/guarantees.md has it.
func (p *protection) tell(number int, found search.Found) string {
	also := ""
	if p.with != "" {
		also = fmt.Sprintf(" It alone is not missed: %s keeps the invariant, too, and is off here as well.", p.with)
	}
	text := fmt.Sprintf("### %d. %s\n\n%s. Without it, %s.%s\n\n```\n", number, p.name, p.where, p.without, also)
	for i, line := range found.Schedule {
		text += fmt.Sprintf("%2d  %s\n", i+1, line)
	}
	return text + "    => " + found.Broken + "\n```\n"
}

// Each protection is needed: without it, some schedule breaks an invariant. The shortest ones are in docs/guarantees.md.
func TestProtections(t *testing.T) {
	t.Parallel()
	all := protections()
	texts := make([]string, len(all))
	for i, p := range all {
		found := p.search(600_000)
		if found.Broken == "" || len(found.Schedule) == 0 {
			t.Errorf("%s: no schedule of %d states breaks an invariant without it", p.name, found.States)
			continue
		}
		texts[i] = p.tell(i+1, found)
		t.Logf("%d states\n%s", found.States, texts[i])
	}
	comparePage(t, "protections", strings.Join(texts, "\n"))
}

// thePage is written by more than one test.
var thePage sync.Mutex

// comparePage compares a part of docs/guarantees.md with what it should be, or writes it there.
func comparePage(t *testing.T, part, list string) {
	t.Helper()
	thePage.Lock()
	defer thePage.Unlock()
	const file = "../../docs/guarantees.md"
	from, to := "<!-- "+part+" -->\n", "<!-- end of "+part+" -->\n"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), from)
	had, after, ends := strings.Cut(rest, to)
	if !begins || !ends {
		t.Fatalf("%s has no place for the %s", file, part)
	}
	wanted := "\n" + list + "\n"
	if *update {
		if err := os.WriteFile(file, []byte(before+from+wanted+to+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(had, wanted); diff != "" {
		t.Errorf("%s is out of date; \"go test ./test/model/ -args -update\" writes it (-has +should have):\n%s", file, diff)
	}
}
