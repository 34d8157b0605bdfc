package webhooks

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// +kubebuilder:rbac:groups="",resources=pods;persistentvolumeclaims;podtemplates,verbs=create
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=create
//
// +kubebuilder:webhook:path=/validate-sandboxtemplate,mutating=false,failurePolicy=fail,sideEffects=None,timeoutSeconds=10,groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=create;update,versions=v1beta1,name=sandboxtemplate.validate.namesake.agents.x-k8s.io,admissionReviewVersions=v1,serviceName=namesake-webhook,serviceNamespace=namesake-system,patch=`{"matchConditions":[{"name":"spec-changed","expression":"oldObject == null || object.spec != oldObject.spec || ['agents.x-k8s.io/volumes-when-deleted', 'agents.x-k8s.io/pod-identity'].exists(k, object.metadata.?annotations[?k] != oldObject.metadata.?annotations[?k])"}]}`

var templateKind = kind{
	group: extensionsv1.GroupName, kind: extensionsv1.KindSandboxTemplate, resource: extensionsv1.ResourceSandboxTemplates,
}

// trialTime is how long the API server has for all that a template would make. A webhook of somebody else's may be slow.
const trialTime = 3 * time.Second

// templateValidator refuses a template whose Pod, volumes or NetworkPolicy could not be valid, in the API server's own words.
// It also refuses a template whose Pods could not be told from those of another template. It warns of what the cluster does
// not allow now, and of what it could not ask within patience: that can change.
type templateValidator struct {
	dryRun    DryRunner
	patience  time.Duration
	templates lookup[extensionsv1.SandboxTemplate, *extensionsv1.SandboxTemplate]
	// nameservers are those of Pods whose template leaves them to the operator.
	nameservers rules.Nameservers
}

func (v *templateValidator) check(
	ctx context.Context, _ admission.Request, old, template *extensionsv1.SandboxTemplate,
) (admission.Warnings, error) {
	ignored := rules.IgnoredTemplateKeys(old, template)
	warnings := admission.Warnings(ignored[:min(len(ignored), rules.MaxCauses)])
	errs := checkWords(old == nil, old, template)
	if old == nil {
		other, err := v.colliding(ctx, template)
		if err != nil {
			return nil, err
		}
		errs = append(errs, rules.CheckTemplateName(template, other).WithOrigin(rules.RuleTemplateName)...)
	}
	answers := v.tryAll(ctx, v.changedTrials(old, template))
	if err := ctx.Err(); err != nil {
		return nil, err // Nobody waits for the answer.
	}
	for _, answer := range answers {
		if len(warnings) < rules.MaxCauses {
			warnings = append(warnings, answer.warnings...)
		}
		errs = append(errs, answer.errs.WithOrigin(rules.RuleTemplate)...)
	}
	return warnings, templateKind.invalid(template, errs)
}

// colliding returns a template whose name has the same hash as the name of this new one, or nil. The cache may have a
// template that is gone, which is no reason to refuse. So colliding reads the template live.
func (v *templateValidator) colliding(ctx context.Context, template *extensionsv1.SandboxTemplate) (*extensionsv1.SandboxTemplate, error) {
	var list extensionsv1.SandboxTemplateList
	if err := v.templates.cache.List(ctx, &list, client.InNamespace(template.Namespace),
		client.MatchingFields{nameHash: rules.Hash(template.Name)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing templates: %w", err)
	}
	for i := range list.Items {
		if !rules.NamesCollide(template, &list.Items[i]) {
			continue
		}
		other, err := v.templates.getLive(ctx, template.Namespace, list.Items[i].Name)
		if err != nil || other != nil {
			return other, err
		}
	}
	return nil, nil
}
