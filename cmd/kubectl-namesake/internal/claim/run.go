package claim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/scheme"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"
	"k8s.io/kubectl/pkg/util/interrupt"
	"k8s.io/kubectl/pkg/util/term"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
)

// defaultContainer is kubectl's annotation of a Pod that names the container for exec and logs.
const defaultContainer = "kubectl.kubernetes.io/default-container"

// interrupted is the exit code of a program that SIGINT ended, as shells have it.
const interrupted = 130

// command is what is to run in a container.
type command struct {
	container  string
	words      []string
	stdin, tty bool
}

// run runs the command in the Pod, and returns an error with its exit code if that is not 0.
func (c command) run(ctx context.Context, config *rest.Config, pod *corev1.Pod, streams genericiooptions.IOStreams) error {
	core, err := corev1client.NewForConfig(config)
	if err != nil {
		return err
	}
	terminal := term.TTY{Parent: interrupt.New(func(os.Signal) {})} // Whoever called this ends, and cleans up.
	if c.stdin {
		terminal.In = streams.In
	}
	if c.tty && (!c.stdin || !terminal.IsTerminalIn()) {
		c.tty = false
		if _, err := fmt.Fprintln(streams.ErrOut, "note: without a terminal, or -i, there is none for the command either"); err != nil {
			return err
		}
	}
	options := &corev1.PodExecOptions{
		Container: cmp.Or(c.container, pod.Annotations[defaultContainer], pod.Spec.Containers[0].Name), Command: c.words,
		Stdin: c.stdin, Stdout: true, Stderr: !c.tty, TTY: c.tty,
	}
	request := core.RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("exec").
		VersionedParams(options, scheme.ParameterCodec)
	executor, err := newExecutor(config, request)
	if err != nil {
		return err
	}
	stream := remotecommand.StreamOptions{Stdout: streams.Out, Tty: c.tty}
	if c.stdin {
		stream.Stdin = streams.In
	}
	if c.tty {
		terminal.Raw, terminal.Out = true, streams.Out
		stream.TerminalSizeQueue = sizes{terminal.MonitorSize(terminal.GetSize())}
	} else {
		stream.Stderr = streams.ErrOut
	}
	err = terminal.Safe(func() error { return executor.StreamWithContext(ctx, stream) })
	return exitOf(ctx, err)
}

// newExecutor returns an executor that speaks WebSocket, or SPDY where that is not understood, as "kubectl exec" does.
func newExecutor(config *rest.Config, request *rest.Request) (remotecommand.Executor, error) {
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", request.URL())
	if err != nil {
		return nil, err
	}
	// A WebSocket begins with GET (RFC 6455, section 4.1).
	websocket, err := remotecommand.NewWebSocketExecutor(config, "GET", request.URL().String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
}

// exitOf returns the error by which the program ends with the exit code of the command.
func exitOf(ctx context.Context, err error) error {
	var ended utilexec.CodeExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return cli.Exit(interrupted)
	case errors.As(err, &ended):
		return &cli.ExitError{Code: ended.Code, Err: fmt.Errorf("the command ended with exit code %d", ended.Code)}
	}
	return fmt.Errorf("running the command: %w", err)
}

// sizes tells the sizes of a terminal.
type sizes struct{ queue term.TerminalSizeQueue }

// Next implements remotecommand.TerminalSizeQueue.
func (s sizes) Next() *remotecommand.TerminalSize {
	if s.queue == nil {
		return nil
	}
	size := s.queue.Next()
	if size == nil {
		return nil
	}
	return &remotecommand.TerminalSize{Width: size.Width, Height: size.Height}
}
