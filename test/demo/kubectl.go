package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// patience is how long a command, or what it waits for, may take. On an idle machine it takes a second or two.
const patience = 60 * time.Second

// asEditor makes a command run as a user who may edit in the namespace, and has no other rights.
const asEditor = "--context=editor@namesake"

// kubectl runs kubectl, and shows the command line and all its output.
type kubectl struct{}

// run runs a command that must succeed, and returns its output.
func (k kubectl) run(ctx context.Context, args ...string) (string, error) {
	return k.runWith(ctx, "", args...)
}

// runWith is run with an input, which is shown as a here-document.
func (kubectl) runWith(ctx context.Context, input string, args ...string) (string, error) {
	output, err := execute(ctx, input, args...)
	if err != nil {
		return output, fmt.Errorf("kubectl: %w", err)
	}
	return output, nil
}

// fails runs a command that the API server must answer with an error that contains words.
func (kubectl) fails(ctx context.Context, words, input string, args ...string) error {
	output, err := execute(ctx, input, args...)
	var ended *exec.ExitError
	switch {
	case err == nil:
		return errors.New("kubectl succeeded, and should have been refused")
	case !errors.As(err, &ended):
		return err
	case !strings.Contains(output, words):
		return fmt.Errorf("the error does not say %q", words)
	}
	return nil
}

// shows runs a command whose output must have a line with all of words as its first columns.
func (k kubectl) shows(ctx context.Context, words []string, args ...string) error {
	output, err := k.run(ctx, args...)
	if err != nil {
		return err
	}
	for line := range strings.Lines(output) {
		if hasColumns(line, words) {
			return nil
		}
	}
	return fmt.Errorf("no line of the output begins with %s", strings.Join(words, "  "))
}

// watch runs a command that does not end, until a line has all of words as its first columns.
func (kubectl) watch(ctx context.Context, words []string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fmt.Println(commandLine(args))
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Stderr = os.Stdout
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	seen := false
	for lines := bufio.NewScanner(output); !seen && lines.Scan(); {
		fmt.Println(lines.Text())
		seen = hasColumns(lines.Text(), words)
	}
	over := ctx.Err() != nil
	cancel()
	ended := cmd.Wait() // Its result says nothing, since it is stopped here.
	switch {
	case seen:
		return nil
	case over:
		return fmt.Errorf("no line began with %s within %s", strings.Join(words, "  "), patience)
	default:
		return fmt.Errorf("kubectl ended before a line began with %s: %w", strings.Join(words, "  "), ended)
	}
}

// execute shows and runs a command, and returns its output on both streams.
func execute(ctx context.Context, input string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if input == "" {
		fmt.Println(commandLine(args))
	} else {
		fmt.Printf("%s <<EOF\n%sEOF\n", commandLine(args), input)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Stdout = io.MultiWriter(os.Stdout, &output)
	cmd.Stderr = cmd.Stdout
	err := cmd.Run()
	if err != nil && ctx.Err() != nil {
		return output.String(), fmt.Errorf("not done within %s: %w", patience, ctx.Err())
	}
	return output.String(), err
}

var plain = regexp.MustCompile(`^[-A-Za-z0-9_./:=@,]+$`)

// commandLine returns the command as one would type it into a shell.
func commandLine(args []string) string {
	words := []string{"$ kubectl"}
	for _, arg := range args {
		if !plain.MatchString(arg) {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}

func hasColumns(line string, words []string) bool {
	columns := strings.Fields(line)
	if len(columns) < len(words) {
		return false
	}
	for i, word := range words {
		if columns[i] != word {
			return false
		}
	}
	return true
}
