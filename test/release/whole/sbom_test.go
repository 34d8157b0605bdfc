package whole

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
	"github.com/spdx/tools-golang/spdxlib"
)

// Each bill of materials is valid SPDX, is about its file as it is, and names exactly the modules that Go itself finds in the program.
func TestBills(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.archive, func(t *testing.T) {
			info, err := buildinfo.Read(bytes.NewReader(unpack(t, p.archive)[p.file]))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"stdlib@" + info.GoVersion}
			for _, dependency := range info.Deps {
				want = append(want, dependency.Path+"@"+dependency.Version)
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, billOf(t, p.archive)); diff != "" {
				t.Errorf("modules (-in the program +in the bill):\n%s", diff)
			}
		})
	}
	image := "namesake_v" + number(t) + "_image.tar"
	if diff := cmp.Diff(billOf(t, "namesake_v"+number(t)+"_linux_amd64.tar.gz"), billOf(t, image)); diff != "" {
		t.Errorf("the image's modules (-manager +image):\n%s", diff)
	}
}

// billOf checks the bill of a file, and returns the modules that it names.
func billOf(t *testing.T, name string) []string {
	t.Helper()
	var document v2_3.Document
	if err := json.ReadInto(bytes.NewReader(read(t, name+".spdx.json")), &document); err != nil {
		t.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(&document); err != nil {
		t.Error(err)
	}
	about := document.Packages[0]
	sum := sha256.Sum256(read(t, name))
	if about.PackageFileName != name || about.PackageChecksums[0].Value != hex.EncodeToString(sum[:]) {
		t.Errorf("it is about %s with checksum %v", about.PackageFileName, about.PackageChecksums)
	}
	var modules, unlicensed []string
	for _, p := range document.Packages[1:] {
		modules = append(modules, p.PackageName+"@"+p.PackageVersion)
		if p.PackageLicenseDeclared == "NOASSERTION" {
			unlicensed = append(unlicensed, p.PackageName)
		}
	}
	if len(unlicensed) > 0 {
		t.Logf("no licence is known of %s", strings.Join(unlicensed, ", "))
	}
	if len(unlicensed)*10 > len(modules) {
		t.Errorf("no licence is known of %d modules in %d", len(unlicensed), len(modules))
	}
	slices.Sort(modules)
	return modules
}
