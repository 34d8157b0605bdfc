// Command cert-manager-webhook is cert-manager's admission webhook. The code of it is internal to cert-manager. It can be
// reached through a package for tests, which needs a test, so this program runs as a test that ends when it is told to.
package main

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/cert-manager/cert-manager/pkg/webhook/options"
	"github.com/cert-manager/cert-manager/pkg/webhook/server"
	webhook "github.com/cert-manager/cert-manager/test/webhook"
	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
)

func main() {
	klog.InitFlags(nil)
	config, err := options.NewWebhookConfiguration()
	if err != nil {
		klog.Fatal(err)
	}
	flags := pflag.NewFlagSet("webhook", pflag.ExitOnError)
	options.AddConfigFlags(flags, config)
	flags.AddGoFlag(flag.Lookup("v"))
	if err := flags.Parse(os.Args[1:]); err != nil {
		klog.Fatal(err)
	}
	var args []string // These are all arguments except the log's verbosity, which the package does not know.
	flags.Visit(func(f *pflag.Flag) {
		if f.Name == "v" {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			args = append(args, "--"+f.Name+"="+value)
		}
	})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	serve := func(t *testing.T) {
		_, end := webhook.StartWebhookServer(t, args, func(s *server.Server) {
			// The package takes any free port.
			s.ListenAddr, s.HealthzAddr = int(config.SecurePort), new(int(config.HealthzPort))
		})
		defer end()
		<-ctx.Done()
	}
	os.Args = os.Args[:1] // The testing package has its own flags.
	match := func(string, string) (bool, error) { return true, nil }
	testing.Main(match, []testing.InternalTest{{Name: "webhook", F: serve}}, nil, nil)
}
