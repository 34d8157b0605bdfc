package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// group holds what the constants of an API group say.
type group struct {
	Name   string
	Blocks []block
}

// block is a block of constants. Title is the first sentence of its comment, and Description is the rest.
type block struct {
	Title, Description string
	Constants          []constant
}

// constant is a key or a word, by its value.
type constant struct {
	Value, Description string
}

// readConstants returns the labels, annotations, conditions and reasons of the packages below folder.
func readConstants(folder string) ([]group, error) {
	var groups []group
	for _, of := range []struct{ name, folder string }{
		{sandboxv1.GroupName, "v1beta1"}, {extensionsv1.GroupName, filepath.Join("extensions", "v1beta1")},
	} {
		files := map[string]*ast.File{}
		for _, name := range []string{"wellknown.go", "conditions.go", "groupversion_info.go"} {
			path := filepath.Join(folder, of.folder, name)
			matches, err := filepath.Glob(path)
			if err != nil || len(matches) == 0 {
				continue
			}
			if files[name], err = parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments); err != nil {
				return nil, err
			}
		}
		blocks, err := blocksOf(files["wellknown.go"], files["conditions.go"], files["groupversion_info.go"])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", of.folder, err)
		}
		groups = append(groups, group{Name: of.name, Blocks: blocks})
	}
	return groups, nil
}

// blocksOf returns the blocks of constants in files that have a comment, except those of kinds and resources. A file may be
// nil.
func blocksOf(files ...*ast.File) ([]block, error) {
	var declared []*ast.GenDecl
	for _, file := range files {
		declared = append(declared, declarations(file)...)
	}
	values, err := valuesOf(declared)
	if err != nil {
		return nil, err
	}
	var blocks []block
	for _, d := range declared {
		if d.Lparen.IsValid() && d.Doc != nil && !strings.HasPrefix(d.Doc.Text(), "Kinds and resources") {
			blocks = append(blocks, blockOf(d, values))
		}
	}
	return blocks, nil
}

func blockOf(d *ast.GenDecl, values map[string]string) block {
	title, rest, _ := strings.Cut(strings.Join(strings.Fields(d.Doc.Text()), " "), ". ")
	b := block{Title: strings.TrimSuffix(mention(title, values, ""), "."), Description: mention(rest, values, "`")}
	for _, spec := range d.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || value.Doc == nil {
			continue
		}
		name := value.Names[0].Name
		b.Constants = append(b.Constants, constant{Value: values[name], Description: said(name, value.Doc.Text(), values)})
	}
	return b
}

// valuesOf returns the values of constants. In the second round, every constant is known that another is made of.
func valuesOf(declared []*ast.GenDecl) (map[string]string, error) {
	values := map[string]string{}
	for pass := range 2 {
		for _, d := range declared {
			if err := evaluate(d, values, pass == 1); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

func declarations(file *ast.File) []*ast.GenDecl {
	if file == nil {
		return nil
	}
	var found []*ast.GenDecl
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.CONST {
			found = append(found, d)
		}
	}
	return found
}

// evaluate adds the values of the constants in d, which are texts, and sums of texts and constants. If all is set, each
// value has to be known.
func evaluate(d *ast.GenDecl, values map[string]string, all bool) error {
	for _, spec := range d.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || len(value.Values) != 1 {
			continue
		}
		name := value.Names[0].Name
		result, ok := textOf(value.Values[0], values)
		if !ok && all {
			return fmt.Errorf("the value of %s is not a text", name)
		}
		if ok {
			values[name] = result
		}
	}
	return nil
}

func textOf(e ast.Expr, values map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		result, err := strconv.Unquote(e.Value)
		return result, err == nil
	case *ast.Ident:
		result, ok := values[e.Name]
		return result, ok
	case *ast.BinaryExpr:
		left, ok := textOf(e.X, values)
		right, too := textOf(e.Y, values)
		return left + right, ok && too
	}
	return "", false
}

// capitalized makes comment begin with a capital letter, unless it begins with the name of a field.
func capitalized(comment string) string {
	if comment == "" || camelCase.MatchString(comment) {
		return comment
	}
	return strings.ToUpper(comment[:1]) + comment[1:]
}

var camelCase = regexp.MustCompile(`^[a-z]+[A-Z]`)

var word = regexp.MustCompile(`\b[A-Z][A-Za-z]+\b`)

// mention replaces the names of constants by their values, each in quotes.
func mention(comment string, values map[string]string, quote string) string {
	return word.ReplaceAllStringFunc(comment, func(name string) string {
		if value, ok := values[name]; ok {
			return quote + value + quote
		}
		return name
	})
}

// said returns what comment says of the constant of that name, without the name at the beginning.
func said(name, comment string, values map[string]string) string {
	comment = strings.Join(strings.Fields(comment), " ")
	beginning := regexp.MustCompile(`^` + name + `(?:: | is | (?:([a-z]+s) ))`)
	if m := beginning.FindStringSubmatch(comment); m != nil {
		rest := comment[len(m[0]):]
		if m[1] != "" {
			rest = m[1] + " " + rest
		}
		comment = capitalized(rest)
	}
	return mention(comment, values, "`")
}
