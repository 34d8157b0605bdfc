package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/webhooks"
)

// checkTimeout bounds the whole check. One call may take as long as a webhook's timeout.
const checkTimeout = 30 * time.Second

// check is what "helm test" runs in a Pod. It asks the API server for what admission must refuse.
func check(args []string) error {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	namespace := flags.String("namespace", "default", "Namespace to ask for a Sandbox in, in a dry run.")
	installed := asked{}
	flags.BoolVar(&installed.webhooks, "webhooks", true, "Check that the webhooks answer.")
	flags.BoolVar(&installed.policies, "policies", true, "Check that the policies are in force.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w: run in a Pod, or set KUBECONFIG", err)
	}
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	c, err := client.New(cfg, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("connecting to the cluster: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctrl.SetupSignalHandler(), checkTimeout)
	defer cancel()
	if err := checkAdmission(ctx, c, *namespace, installed); err != nil {
		return err
	}
	fmt.Println("ok: the API server reaches admission, and admission refuses what it must")
	return nil
}

// asked says what is installed, and so has to be checked.
type asked struct {
	webhooks, policies bool
}

// checkAdmission returns an error unless the API server refuses what admission must refuse, and refuses it for that reason.
// It is a dry run: nothing is stored in either case. The webhook of the managers' probe comes before all policies. It has a Service of its
// own, so a good Sandbox is tried as well, which another webhook marks. If another policy, or a
// quota, of the cluster refuses one of them, nothing is known.
func checkAdmission(ctx context.Context, c client.Client, namespace string, installed asked) error {
	if installed.policies {
		sandbox := serving.MisnamedSandbox(namespace, "namesake-check")
		answer := c.Create(ctx, sandbox, client.DryRunAll)
		byOther := rules.IsRefusal(answer) && serving.Refused(answer, serving.ByWebhook) != nil
		if err := serving.Refused(answer, serving.ByPolicy); err != nil && !byOther {
			return err
		}
	}
	if !installed.webhooks {
		return nil
	}
	sandbox := serving.MisnamedSandbox(namespace, "namesake-check")
	sandbox.Labels = map[string]string{webhooks.LabelProbe: ""}
	if err := serving.Refused(c.Create(ctx, sandbox, client.DryRunAll), serving.ByWebhook); err != nil {
		return err
	}
	sandbox = serving.MisnamedSandbox(namespace, "namesake-check")
	sandbox.Annotations = nil
	switch err := c.Create(ctx, sandbox, client.DryRunAll); {
	case err != nil && !rules.IsRefusal(err):
		return fmt.Errorf("asking for a Sandbox: %w", err)
	case err == nil && sandbox.Annotations[sandboxv1.AnnotationPodName] != sandbox.Name:
		return errors.New("the API server accepts a Sandbox without asking the webhooks: are the webhook configurations there?")
	}
	return nil
}
