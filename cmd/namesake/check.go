package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
	if err := checkAdmission(ctx, c, *namespace); err != nil {
		return err
	}
	fmt.Println("ok: the API server reaches admission, and admission refuses what it must")
	return nil
}

// checkAdmission returns an error unless the API server refuses what admission must refuse, and refuses it for that reason.
// It is a dry run: nothing is stored in either case. If a policy of the cluster refuses it first, the webhook of the managers' probe
// is asked, which comes before policies.
func checkAdmission(ctx context.Context, c client.Client, namespace string) error {
	sandbox := serving.MisnamedSandbox(namespace, "namesake-check")
	err := serving.Refused(c.Create(ctx, sandbox, client.DryRunAll))
	if !rules.IsRefusal(err) {
		return err
	}
	sandbox = serving.MisnamedSandbox(namespace, "namesake-check")
	sandbox.Labels = map[string]string{webhooks.LabelProbe: ""}
	return serving.Refused(c.Create(ctx, sandbox, client.DryRunAll))
}
