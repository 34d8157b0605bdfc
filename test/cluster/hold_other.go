//go:build !linux

package main

import (
	"context"
	"errors"
)

var errNotLinux = errors.New("only Linux has what a real node is made of")

func makeMounts(string, []string) error { return errNotLinux }

func reap(context.Context) error { return errNotLinux }
