package rules_test

import (
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestNamedClaimsOnly(t *testing.T) {
	byPool, byTemplate := builder.MakeClaim("c").Pool("p").Obj(), builder.MakeClaim("c").Template("t").Obj()
	for name, tc := range map[string]struct {
		pool *builder.PoolWrapper
		kept bool
	}{
		"a pool":                           {builder.MakePool("p"), false},
		"one that is kept":                 {builder.MakePool("p").Annotation(sandboxv1.AnnotationNamedClaimsOnly, "true"), true},
		"one that says that it is not":     {builder.MakePool("p").Annotation(sandboxv1.AnnotationNamedClaimsOnly, "false"), false},
		"one with what nobody can mean":    {builder.MakePool("p").Annotation(sandboxv1.AnnotationNamedClaimsOnly, "yes"), true},
		"one with an annotation of others": {builder.MakePool("p").Annotation("example.com/named-claims-only", "true"), false},
	} {
		pool := tc.pool.Template("t").Obj()
		if got := rules.NamedClaimsOnly(pool); got != tc.kept {
			t.Errorf("%s: kept %t", name, got)
		}
		if got := rules.SelectsPool(byTemplate, pool); got == tc.kept {
			t.Errorf("%s: a claim by template may have it: %t", name, got)
		}
		if !rules.SelectsPool(byPool, pool) {
			t.Errorf("%s: a claim that names it may not have it", name)
		}
	}
}

func TestCheckNamedClaimsOnly(t *testing.T) {
	pool := func(value string) *extensionsv1.SandboxWarmPool {
		return builder.MakePool("p").Annotation(sandboxv1.AnnotationNamedClaimsOnly, value).Obj()
	}
	none := builder.MakePool("p").Obj()
	for name, tc := range map[string]struct {
		old, pool *extensionsv1.SandboxWarmPool
		valid     bool
	}{
		"none":                                 {nil, none, true},
		"true":                                 {nil, pool("true"), true},
		"false":                                {none, pool("false"), true},
		"nothing":                              {nil, pool(""), false},
		"another word":                         {none, pool("True"), false},
		"another word, changed":                {pool("true"), pool("yes"), false},
		"another word that is there already":   {pool("yes"), pool("yes"), true},
		"nothing that is there already":        {pool(""), pool(""), true},
		"another word that is put right":       {pool("yes"), pool("true"), true},
		"another word that is taken away":      {pool("yes"), none, true},
		"nothing where another word was there": {pool("yes"), pool(""), false},
	} {
		if got := rules.CheckNamedClaimsOnly(tc.old, tc.pool); (len(got) == 0) != tc.valid {
			t.Errorf("%s: %v", name, got)
		}
	}
}
