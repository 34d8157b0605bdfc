package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// cat prints files, or its input.
func cat(_ context.Context, args []string) error {
	if len(args) == 0 {
		_, err := io.Copy(os.Stdout, os.Stdin)
		return err
	}
	for _, path := range args {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if _, err := os.Stdout.Write(content); err != nil {
			return err
		}
	}
	return nil
}

// env prints the environment, or runs a command with additional variables.
func env(ctx context.Context, args []string) error {
	environment := os.Environ()
	for len(args) > 0 && strings.Contains(args[0], "=") {
		environment, args = append(environment, args[0]), args[1:]
	}
	if len(args) == 0 {
		fmt.Println(strings.Join(environment, "\n"))
		return nil
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitCode(ended.ExitCode())
	}
	return err
}

// get prints the answer of a URL.
func get(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: get URL")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return errors.New(response.Status)
	}
	return nil
}

func hostname(context.Context, []string) error {
	name, err := os.Hostname()
	fmt.Println(name)
	return err
}

func id(context.Context, []string) error {
	fmt.Printf("uid=%d gid=%d\n", os.Getuid(), os.Getgid())
	return nil
}

// lookup prints the addresses of names.
func lookup(ctx context.Context, args []string) error {
	for _, name := range args {
		addresses, err := net.DefaultResolver.LookupHost(ctx, name)
		if err != nil {
			return err
		}
		fmt.Println(strings.Join(addresses, "\n"))
	}
	return nil
}

func ls(_ context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"."}
	}
	for _, path := range args {
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			fmt.Println(entry.Name())
		}
	}
	return nil
}

// sleep accepts seconds, a duration, or "infinity".
func sleep(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: sleep SECONDS|infinity")
	}
	if args[0] == "infinity" {
		<-ctx.Done()
		return nil
	}
	duration, err := time.ParseDuration(args[0])
	if err != nil {
		if duration, err = time.ParseDuration(args[0] + "s"); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
	return nil
}
