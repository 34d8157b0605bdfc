package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// repository makes a repository with one commit, of 2026-11-28 02:00 UTC, and returns its folder.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	env := []string{"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull, "GIT_COMMITTER_DATE=1795831200 +0100"}
	git := func(args ...string) {
		t.Helper()
		if _, err := output(t.Context(), dir, env, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet")
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("bin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	git("add", ".gitignore")
	git("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "commit", "--quiet", "--message", "First")
	return dir
}

func TestIsDirty(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want bool
	}{
		"nothing changed":         {want: false},
		"a file that git ignores": {file: "bin", want: false},
		"a file that git has not": {file: "new", want: true},
		"a file that differs":     {file: ".gitignore", want: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t)
			if test.file != "" {
				if err := os.WriteFile(filepath.Join(dir, test.file), []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := isDirty(t.Context(), dir); err != nil || got != test.want {
				t.Errorf("%t, %v", got, err)
			}
		})
	}
	t.Run("no repository", func(t *testing.T) {
		if _, err := isDirty(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "a clone of the repository") {
			t.Errorf("%v", err)
		}
	})
}

func TestTimeOf(t *testing.T) {
	dir := repository(t)
	for name, test := range map[string]struct {
		epoch, want, refused string
	}{
		"the commit's":        {want: "2026-11-28T02:00:00Z"},
		"as asked":            {epoch: "1000000000", want: "2001-09-09T01:46:40Z"},
		"no number":           {epoch: "yesterday", refused: "seconds since 1970"},
		"before there is ZIP": {epoch: "0", refused: "1980"},
		"far away":            {epoch: "99999999999", refused: "2107"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := timeOf(t.Context(), dir, test.epoch)
			if test.refused != "" {
				if err == nil || !strings.Contains(err.Error(), test.refused) {
					t.Fatalf("%v, want %q", err, test.refused)
				}
				return
			}
			if err != nil || got.Format(time.RFC3339) != test.want {
				t.Fatalf("%v, %v, want %s", got, err, test.want)
			}
		})
	}
}
