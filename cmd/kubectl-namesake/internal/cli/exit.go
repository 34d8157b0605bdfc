package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// Exit codes of every command, but for what "claim --rm" passes on.
const (
	// OK: what was asked for was done, and nothing was found to be wrong.
	OK = 0
	// Found: what the command looks for is there, or does not hold. The output says what.
	Found = 1
	// Failed: the command was called wrongly, or could not do what it was asked for.
	Failed = 2
)

// ExitError ends the program with a code.
type ExitError struct {
	// Code is the exit code.
	Code int
	// Err is printed. It is nil if the output says it all.
	Err error
}

// Error implements error.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the error that is printed.
func (e *ExitError) Unwrap() error { return e.Err }

// Exit returns an error that ends the program with code, and prints nothing.
func Exit(code int) error { return &ExitError{Code: code} }

// End prints err, if it is to be printed, and returns the exit code of the program.
func End(errOut io.Writer, err error) int {
	if err == nil {
		return OK
	}
	code := Failed
	if exit, ok := errors.AsType[*ExitError](err); ok {
		if code = exit.Code; exit.Err == nil {
			return code
		}
	}
	// What the error stream does not take is lost.
	_, _ = fmt.Fprintln(errOut, "error: "+Explain(err))
	return code
}

// Explain returns the words of err, and what to do about it where that is known.
func Explain(err error) string {
	words := printers.EscapeTerminal(strings.TrimSuffix(err.Error(), "\n"))
	switch {
	case objects.IsMissingKind(err):
		return words + "\nThe cluster does not serve this kind. Install Namesake, or name another cluster by --context or --kubeconfig."
	case apierrors.IsUnauthorized(err):
		return words + "\nThe cluster does not know who you are: see the user in \"kubectl config view --minify\"."
	case utilnet.IsConnectionRefused(err):
		return words + "\nDid you specify the right cluster? See --context, --kubeconfig and the variable KUBECONFIG."
	}
	return words
}
