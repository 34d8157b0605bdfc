package refusals

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// sheet is a file of testdata/cases: the entries of one rule.
type sheet struct {
	// Rule is the ID of the rule in internal/rules, or what else decides.
	Rule string `json:"rule"`
	// Cached is every entry's Cached.
	Cached bool `json:"cached"`
	// Let holds what the file's entries refer to by YAML anchors.
	Let any `json:"let"`
	// Entries are the writes.
	Entries []entry `json:"entries"`
}

// entry is a write, and what becomes of it. It is a case for each kind of request and each actor, and for each kind of request in a dry
// run.
type entry struct {
	Title string `json:"title"`
	// Given names the situations that the write meets.
	Given []string `json:"given"`
	// Cached says that the write is made when the webhooks' cache has the situations: webhooks go by the cache alone, or an earlier state of
	// a situation's objects would let them allow the write. Otherwise they read live before they refuse.
	Cached bool `json:"cached"`
	// Create is a new object. Change is an object of a situation, as Kind/name, and To is what is to be different in it, as a merge patch
	// says it. Patch is a JSON patch in place of To. Subresource is the subresource that is written. Post is what is sent to it, in place
	// of a change.
	Create      map[string]any `json:"create"`
	Change      string         `json:"change"`
	Subresource string         `json:"subresource"`
	To          map[string]any `json:"to"`
	Patch       []any          `json:"patch"`
	Post        map[string]any `json:"post"`
	// How lists the kinds of requests: see hows. By lists the actors: see actors.
	How []string `json:"how"`
	By  []string `json:"by"`
	// Webhooks is what becomes of the write with webhooks and policies, see parseVerdicts, and Policies with policies only. Without
	// Policies it is the same. Lost says why one of them refuses the write and the other does not, if that is so.
	Webhooks string `json:"webhooks"`
	Policies string `json:"policies"`
	Lost     string `json:"lost"`
}

// instance is one case: an entry by one kind of request and one actor.
type instance struct {
	*entry

	rule, how, by string
	dryRun        bool
}

// String names the case for a person.
func (c instance) String() string {
	how := c.how
	if c.dryRun {
		how += ", dry run"
	}
	return fmt.Sprintf("%s: %s (%s, by %s)", c.rule, c.Title, how, c.by)
}

// kind returns the kind that is written, with its subresource.
func (c instance) kind() string {
	kind, _, _ := strings.Cut(c.Change, "/")
	if c.Create != nil {
		kind, _ = c.Create["kind"].(string)
	}
	if c.Subresource != "" {
		kind += "/" + c.Subresource
	}
	return kind
}

// readSheets reads the files of a folder, in the order of their names.
func readSheets(folder string) ([]sheet, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	var sheets []sheet
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var s sheet
		if err := yaml.UnmarshalStrict(text, &s); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := s.complete(); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		sheets = append(sheets, s)
	}
	return sheets, nil
}

// complete fills in what entries leave out, and returns what is wrong with the sheet.
func (s *sheet) complete() error {
	titles := map[string]bool{}
	var errs []error
	for i := range s.Entries {
		e := &s.Entries[i]
		if titles[e.Title] {
			errs = append(errs, fmt.Errorf("two entries have the title %q: give each its own", e.Title))
		}
		titles[e.Title] = true
		if len(e.How) == 0 {
			e.How = []string{e.usual()}
		}
		e.Policies, e.Cached = cmp.Or(e.Policies, e.Webhooks), e.Cached || s.Cached
		if err := e.check(); err != nil {
			errs = append(errs, fmt.Errorf("%q: %w", e.Title, err))
		}
	}
	return errors.Join(errs...)
}

// usual returns the kind of request of an entry that does not say any.
func (e *entry) usual() string {
	switch {
	case e.Create != nil, e.Post != nil:
		return howCreate
	case e.Patch != nil:
		return howJSON
	}
	return howMerge
}

// check returns what an entry lacks.
func (e *entry) check() error {
	contents := 0
	for _, is := range []bool{e.Create != nil, e.To != nil, e.Patch != nil, e.Post != nil} {
		if is {
			contents++
		}
	}
	switch {
	case e.Title == "" || len(e.By) == 0:
		return errors.New("say title and by")
	case contents != 1:
		return errors.New("say one of create, to, patch and post")
	case (e.Create == nil) != (e.Change != ""):
		return errors.New("say either what is created, or what is changed")
	}
	if differ := isRefused(e.Webhooks) != isRefused(e.Policies); differ != (e.Lost != "") {
		return errors.New("say lost where policies refuse what webhooks do not, or the other way round, and only there")
	}
	for _, how := range e.How {
		if !slices.Contains(hows, how) {
			return fmt.Errorf("how %q: use one of %v", how, hows)
		}
	}
	for _, by := range e.By {
		if _, known := actors[by]; !known {
			return fmt.Errorf("by %q: use one of %v", by, slices.Sorted(maps.Keys(actors)))
		}
	}
	for _, given := range e.Given {
		if _, known := situations[given]; !known {
			return fmt.Errorf("given %q: use one of %v", given, slices.Sorted(maps.Keys(situations)))
		}
	}
	for _, said := range []string{e.Webhooks, e.Policies} {
		if _, err := parseVerdicts(said, ""); err != nil {
			return err
		}
	}
	return nil
}

// isRefused reports whether an entry says that the write is refused.
func isRefused(said string) bool { return strings.HasPrefix(said, "refused") }

// cases returns the cases of each entry.
func (s *sheet) cases() [][]instance {
	all := make([][]instance, len(s.Entries))
	for i := range s.Entries {
		e := &s.Entries[i]
		for _, how := range e.How {
			c := instance{entry: e, rule: s.Rule, how: how, by: e.By[0], dryRun: true}
			all[i] = append(all[i], c)
			for _, by := range e.By {
				c.by, c.dryRun = by, false
				all[i] = append(all[i], c)
			}
		}
	}
	return all
}
