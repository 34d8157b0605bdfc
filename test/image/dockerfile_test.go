package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// Two files describe how the image is built. This test compares them.
func TestTheDockerfileMakesTheSameImage(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(source, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	dockerfile := strings.ReplaceAll(string(content), "\\\n", "")
	build, final, found := strings.Cut(dockerfile, "\nFROM scratch\n")
	if !found {
		t.Fatal("its last stage is not FROM scratch")
	}
	config := configOf("$VERSION")
	if !strings.Contains(build, `-ldflags "`+ldflags("$VERSION")+`"`) {
		t.Errorf("its linker flags are not %q", ldflags("$VERSION"))
	}
	if !strings.Contains(build, "-tags "+tags+" ") {
		t.Errorf("its build tags are not %q", tags)
	}
	got := map[string]string{}
	for _, pair := range regexp.MustCompile(`(org\.opencontainers\.image\.\w+)="([^"]*)"`).FindAllStringSubmatch(final, -1) {
		got[pair[1]] = pair[2]
	}
	if !reflect.DeepEqual(got, config.Labels) {
		t.Errorf("its labels are %v, want %v", got, config.Labels)
	}
	entrypoint, err := json.Marshal(config.Entrypoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"USER " + config.User, "ENTRYPOINT " + string(entrypoint), "WORKDIR " + config.WorkingDir, "ENV " + config.Env[0],
	} {
		if !strings.Contains(final, "\n"+line+"\n") {
			t.Errorf("it lacks the line %q", line)
		}
	}
}
