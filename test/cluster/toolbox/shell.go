package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// sh runs commands: those after -c, those of a file, or those that it reads, line by line with a prompt on a terminal.
func sh(ctx context.Context, args []string) error {
	var source io.Reader = os.Stdin
	name, parameters := "stdin", []string(nil)
	if len(args) > 1 && args[0] == "-c" {
		source, name, parameters = strings.NewReader(args[1]), "-c", args[min(3, len(args)):]
	} else if len(args) > 0 {
		file, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		source, name, parameters = file, args[0], args[1:]
	}
	runner, err := interp.New(
		interp.StdIO(os.Stdin, os.Stdout, os.Stderr),
		interp.Params(append([]string{"--"}, parameters...)...),
	)
	if err != nil {
		return err
	}
	if name == "stdin" && isTerminal() {
		return interact(ctx, runner)
	}
	program, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(source, name)
	if err != nil {
		return err
	}
	return result(runner.Run(ctx, program))
}

// interact runs each line as it arrives.
func interact(ctx context.Context, runner *interp.Runner) error {
	const prompt = "$ "
	fmt.Print(prompt)
	parser := syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	for statements, err := range parser.InteractiveSeq(os.Stdin) {
		if err != nil {
			return err
		}
		if parser.Incomplete() {
			fmt.Print("> ")
			continue
		}
		for _, statement := range statements {
			err := result(runner.Run(ctx, statement))
			if runner.Exited() {
				return err
			}
			if _, ok := errors.AsType[exitCode](err); err != nil && !ok {
				fmt.Fprintln(os.Stderr, "sh:", err)
			}
		}
		fmt.Print(prompt)
	}
	return nil
}

func result(err error) error {
	if status, ok := errors.AsType[interp.ExitStatus](err); ok {
		return exitCode(status)
	}
	return err
}

func isTerminal() bool {
	info, err := os.Stdin.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
