package policy

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// text is an expression of a text, as the expressions of its parts.
type text []string

// String returns the expression.
func (t text) String() string { return strings.Join(t, " + ") }

// say returns words with the texts that the expressions found give in their places.
func say(words rules.Words, found ...string) text {
	said := text{}
	rest := string(words)
	for _, expression := range found {
		at := strings.IndexByte(rest, '%')
		before, verb := rest[:at], rest[at:at+2]
		rest = rest[at+2:]
		if verb == "%q" {
			before, rest = before+`"`, `"`+rest
		}
		said = append(said, quote(before), expression)
	}
	if rest == "" {
		return said
	}
	return append(said, quote(rest))
}

// quote returns text as an expression.
func quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// join returns texts one after the other, with those that stand side by side as one.
func join(texts ...text) text {
	var joined text
	for _, part := range slices.Concat(texts...) {
		last := len(joined) - 1
		if last >= 0 && isQuoted(joined[last]) && isQuoted(part) {
			joined[last] = strings.TrimSuffix(joined[last], "'") + strings.TrimPrefix(part, "'")
			continue
		}
		joined = append(joined, part)
	}
	return joined
}

// isQuoted reports whether expression is what quote returns.
func isQuoted(expression string) bool {
	inside, begins := strings.CutPrefix(expression, "'")
	inside, ends := strings.CutSuffix(inside, "'")
	return begins && ends && !strings.Contains(strings.ReplaceAll(inside, `\'`, ""), "'")
}

// list returns texts as an expression of a list.
func list(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = quote(text)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// variable returns a variable that the expressions call variables.NAME.
func variable(name, expression string, args ...any) admissionv1.Variable {
	return admissionv1.Variable{Name: name, Expression: fmt.Sprintf(expression, args...)}
}

// meaning returns what the rule of that ID says.
func meaning(id string) string {
	for _, rule := range rules.Rules() {
		if rule.ID == id {
			return rule.Meaning
		}
	}
	panic("no rule " + id) // Every ID is a constant of this package's, and a test asks for each.
}
