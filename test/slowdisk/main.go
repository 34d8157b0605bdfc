// Command slowdisk builds an etcd whose disk is slow: each sync of its log takes as long as a file says. All else goes on meanwhile, as it
// does on a slow disk and not in a process that is stopped. The program is etcd itself, with one function of a copy of its source changed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	out := flag.String("out", "", "the file for etcd")
	modules := flag.String("module", "test/cluster/etcd", "the folder of the module that names etcd's version")
	flag.Parse()
	if err := build(context.Background(), *modules, *out); err != nil {
		fmt.Fprintln(os.Stderr, "slowdisk:", err)
		os.Exit(1)
	}
}

const server = "go.etcd.io/etcd/server/v3"

// build builds etcd into out, of the version in the go.mod of folder.
func build(ctx context.Context, folder, out string) error {
	if out == "" {
		return errors.New("-out names the file for etcd")
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "slowdisk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, "server")
	if err := copySource(ctx, folder, copied); err != nil {
		return err
	}
	modfile := filepath.Join(dir, "go.mod") // Go does not replace files of its cache of modules (-overlay), but modules.
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	if _, err := run(ctx, folder, "mod", "edit", "-replace="+server+"="+copied, modfile); err != nil {
		return err
	}
	_, err = run(ctx, folder, "build", "-trimpath", "-buildvcs=false", "-mod=mod", "-modfile="+modfile, "-ldflags=-s -w", "-o", out, server)
	return err
}

// copySource copies the source of etcd's server to a folder, with its log changed.
func copySource(ctx context.Context, folder, to string) error {
	if _, err := run(ctx, folder, "mod", "download", server); err != nil {
		return err
	}
	from, err := run(ctx, folder, "list", "-m", "-f", "{{.Dir}}", server)
	if err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	log := filepath.Join(to, "storage", "wal", "wal.go")
	source, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	slow, err := Slow(string(source))
	if err != nil {
		return err
	}
	if err := os.Remove(log); err != nil { // The files of Go's cache, and their copies, cannot be written to.
		return err
	}
	return os.WriteFile(log, []byte(slow), 0o600)
}

func run(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	command.Stderr = os.Stderr
	answer, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("go %s, in %s: %w", strings.Join(args, " "), folder, err)
	}
	return strings.TrimSpace(string(answer)), nil
}

// sync is where etcd's log syncs its file, unless --unsafe-no-fsync says that the sync may be left out.
const sync = "\tif w.unsafeNoSync {\n\t\treturn nil\n\t}\n\n\tstart := time.Now()\n"

// variable names the file with how long a sync takes more, as Go writes durations. No such file, or an empty one, is no time.
const variable = "NAMESAKE_ETCD_SYNC"

const takeTime = `
// takeTime waits as long as the file says that ` + variable + ` names.
func takeTime() {
	content, err := os.ReadFile(os.Getenv("` + variable + `"))
	if err != nil {
		return
	}
	if long, err := time.ParseDuration(strings.TrimSpace(string(content))); err == nil {
		time.Sleep(long)
	}
}
`

// Slow returns etcd's storage/wal/wal.go, changed so that a sync takes time. It returns an error if this etcd syncs in another way.
func Slow(source string) (string, error) {
	if n := strings.Count(source, sync); n != 1 {
		return "", fmt.Errorf("this version of etcd syncs in another way (%d places in storage/wal/wal.go, want 1): change how it is made slow", n)
	}
	return strings.Replace(source, sync, "\ttakeTime()\n"+sync, 1) + takeTime, nil
}
