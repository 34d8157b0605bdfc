package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
)

// heldFile is a file in the folder of the state. It says that the node's mounts are made.
const heldFile = "held"

// podLogs is the folder of the Pods' logs in the folder of the state.
const podLogs = "pods"

// folders collects the values of a flag.
type folders []string

func (f *folders) String() string { return strings.Join(*f, ",") }

func (f *folders) Set(value string) error {
	*f = append(*f, value)
	return nil
}

// holdCommand is the first process of a real node's namespaces. It makes the mounts, and reaps what the others leave behind.
// When it ends, the kernel ends all of them. The start of a real node starts it.
func holdCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("hold", flag.ContinueOnError)
	dir := flags.String("dir", "", "the folder of the cluster's state")
	var keep folders
	flags.Var(&keep, "keep", "a folder that is to be seen whatever is mounted over it")
	if err := parse(flags, args); err != nil {
		return err
	}
	if os.Getpid() != 1 {
		return errors.New("hold is not for people: up --node real starts it")
	}
	if err := makeMounts(*dir, append(keep, *dir)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(*dir, heldFile), nil, 0o600); err != nil {
		return err
	}
	return reap(ctx)
}
