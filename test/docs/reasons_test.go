package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every reason that a condition or an event of ours can have has its line in a table of docs/troubleshooting.md. Whoever reads
// the reason on an object finds there what it means and what to do.
func TestReasons(t *testing.T) {
	explained := map[string]bool{}
	for line := range strings.Lines(read(t, "docs/troubleshooting.md")) {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue // This is no row with a condition, a reason, what it means and what to do.
		}
		for _, reason := range quoted.FindAllStringSubmatch(cells[2], -1) {
			explained[reason[1]] = true
		}
	}
	reasons := constants(t, "Reason", "Event")
	if len(reasons) < 20 {
		t.Fatalf("only %d reasons were found: %v", len(reasons), reasons)
	}
	for name, reason := range reasons {
		if !explained[reason] {
			t.Errorf("docs/troubleshooting.md has no line for the reason %s (%s)", reason, name)
		}
	}
}

// quoted matches code in a page.
var quoted = regexp.MustCompile("`([^`]+)`")

// constants returns, by name, the string constants of the API packages whose names begin with one of prefixes.
func constants(t *testing.T, prefixes ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, folder := range []string{"api/v1beta1", "api/extensions/v1beta1"} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for node := range ast.Preorder(parsed) {
				if spec, ok := node.(*ast.ValueSpec); ok && hasPrefix(spec.Names[0].Name, prefixes) && len(spec.Values) == 1 {
					found[folder+"."+spec.Names[0].Name] = text(t, spec.Values[0])
				}
			}
		}
	}
	return found
}

func hasPrefix(name string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// text returns the value of a string constant. If the constant begins with another one, the prefix of keys, text returns only
// the rest.
func text(t *testing.T, expr ast.Expr) string {
	t.Helper()
	if sum, ok := expr.(*ast.BinaryExpr); ok {
		expr = sum.Y
	}
	literal, ok := expr.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a constant is not written as a string: %v", expr)
	}
	value, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
