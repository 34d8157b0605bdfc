package webhooks

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestPoolValidator(t *testing.T) {
	plain, service := builder.MakeTemplate("plain").Obj(), builder.MakeTemplate("service").Service(true).Obj()
	for name, tc := range map[string]struct {
		pool     *builder.PoolWrapper
		live     *shelf
		want     string
		warnings []string
	}{
		"of a template":                               {pool: builder.MakePool("a.b").Template("plain"), live: shelfOf(), want: "allowed"},
		"of a template with a Service":                {pool: builder.MakePool("ab").Template("service"), live: shelfOf(), want: "allowed"},
		"of a template with a Service that cannot be": {pool: builder.MakePool("a.b").Template("service"), live: shelfOf(), want: "422 FieldValueInvalid metadata.name"},
		"of a template that the cache does not have yet": {
			pool: builder.MakePool("a.b").Template("new"), live: shelfOf(builder.MakeTemplate("new").Service(true).Obj()), want: "422 FieldValueInvalid metadata.name",
		},
		"of a template that is not there yet": {
			pool: builder.MakePool("a.b").Template("none"), live: shelfOf(), want: "allowed",
			warnings: []string{`spec.sandboxTemplateRef.name: SandboxTemplate "none" not found: the pool stays empty until it is created`},
		},
		"kept for claims that name it": {
			pool: builder.MakePool("ab").Template("plain").Annotation(sandboxv1.AnnotationNamedClaimsOnly, "true"), live: shelfOf(), want: "allowed",
		},
		"kept for nobody knows whom": {
			pool: builder.MakePool("ab").Template("plain").Annotation(sandboxv1.AnnotationNamedClaimsOnly, "yes"), live: shelfOf(),
			want: "422 FieldValueNotSupported metadata.annotations[agents.x-k8s.io/named-claims-only]",
		},
		"with claimed Pods that are protected": {
			pool: builder.MakePool("ab").Template("plain").Annotation(sandboxv1.AnnotationProtectClaimedPods, "true"), live: shelfOf(), want: "allowed",
		},
		"with claimed Pods that nobody knows to be protected": {
			pool: builder.MakePool("ab").Template("plain").Annotation(sandboxv1.AnnotationProtectClaimedPods, "yes"), live: shelfOf(),
			want: "422 FieldValueNotSupported metadata.annotations[agents.x-k8s.io/protect-claimed-pods]",
		},
		"the look-up fails": {pool: builder.MakePool("a.b").Template("none"), live: &shelf{err: errors.New("lost")}, want: "500"},
	} {
		t.Run(name, func(t *testing.T) {
			v := &poolValidator{templates: lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]{cache: shelfOf(plain, service), live: tc.live}}
			response := admission.WithValidator(scheme(t), check[*extensionsv1.SandboxWarmPool](v.check)).Handle(t.Context(), request(t, someUser, nil, tc.pool.Obj()))
			if got := answer(response); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if diff := cmp.Diff(tc.warnings, response.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
