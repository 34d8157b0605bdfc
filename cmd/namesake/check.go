package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// checkTimeout bounds the whole check: a call may wait as long as a webhook's timeout.
const checkTimeout = 30 * time.Second

// check is what "helm test" runs in a Pod: it asks the API server for what admission must refuse.
func check(args []string) error {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	namespace := flags.String("namespace", "default", "Namespace to ask for a Pod in, in a dry run.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w: run in a Pod, or set KUBECONFIG", err)
	}
	c, err := client.New(cfg, client.Options{})
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

// checkAdmission returns an error unless the API server refuses a Pod that bears another name than its Sandbox, and
// refuses it for that. It is a dry run: nothing is stored in either case.
func checkAdmission(ctx context.Context, c client.Client, namespace string) error {
	err := c.Create(ctx, wronglyNamedPod(namespace), client.DryRunAll)
	switch {
	case err == nil:
		return errors.New("the API server accepts a Pod that bears another name than its Sandbox: it does not ask admission: " +
			"are the webhook configurations named namesake there?")
	case isRefusalOfName(err):
		return nil
	}
	return fmt.Errorf("asking for a Pod that admission refuses: refused, but not for its name: %w", err)
}

// isRefusalOfName says whether err is the rule's own answer. A webhook that the API server cannot reach gives another.
func isRefusalOfName(err error) bool {
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Field == "metadata.name" {
			return true
		}
	}
	return false
}

// wronglyNamedPod fulfils the strictest Pod Security Standard: where that is enforced, it must not be what refuses it.
func wronglyNamedPod(namespace string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "namesake-check", Namespace: namespace,
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: sandboxv1.GroupVersion.String(), Kind: "Sandbox", Name: "not-namesake-check",
				UID: "00000000-0000-0000-0000-000000000000", Controller: new(true),
			}},
		},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "check", Image: "none",
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}
