package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"
	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// subject is what a bill of materials is about.
type subject struct {
	// name is the program's or the image's, and fileName that of the release's file.
	name, fileName string
	content        []byte
	// digest is that of an image. A program has none.
	digest string
}

// bill is what the bills of materials of a release share.
type bill struct {
	// number is the release's, at its time, and url where its files are to be found.
	number string
	at     time.Time
	url    string
	// licenceOf returns the SPDX expression for what a module declares.
	licenceOf func(module) string
}

// of returns the bill of materials of a program or an image: SPDX 2.3 in JSON (https://spdx.github.io/spdx-spec/v2.3/).
func (b bill) of(s subject, modules []module) ([]byte, error) {
	about := b.packageOf(s)
	document := &v2_3.Document{
		SPDXVersion:       v2_3.Version,
		DataLicense:       v2_3.DataLicense,
		SPDXIdentifier:    "DOCUMENT",
		DocumentName:      s.fileName,
		DocumentNamespace: b.url + "/" + s.fileName + bomSuffix,
		CreationInfo: &v2_3.CreationInfo{
			Creators: []common.Creator{{CreatorType: "Tool", Creator: manager + "-release-" + b.number}},
			Created:  b.at.Format(time.RFC3339),
		},
		Packages:      []*v2_3.Package{about},
		Relationships: []*v2_3.Relationship{relate("DOCUMENT", common.TypeRelationshipDescribe, about.PackageSPDXIdentifier)},
	}
	seen := map[common.ElementID]module{}
	for _, m := range modules {
		linked := b.packageOfModule(m)
		id := linked.PackageSPDXIdentifier
		if other, taken := seen[id]; taken {
			return nil, fmt.Errorf("%s: %v and %v would both be %s", s.fileName, other, m, id)
		}
		seen[id] = m
		document.Packages = append(document.Packages, linked)
		document.Relationships = append(document.Relationships, relate(about.PackageSPDXIdentifier, common.TypeRelationshipContains, id))
	}
	var out bytes.Buffer
	err := json.Write(document, &out, json.Indent("  "))
	return out.Bytes(), err
}

// bomSuffix is what the name of a bill of materials ends in, after the name of the file that it is about.
const bomSuffix = ".spdx.json"

func (b bill) packageOf(s subject) *v2_3.Package {
	about := &v2_3.Package{
		PackageName:             s.name,
		PackageSPDXIdentifier:   "subject",
		PackageVersion:          b.number,
		PackageFileName:         s.fileName,
		PackageDownloadLocation: b.url + "/" + s.fileName,
		PackageChecksums:        []common.Checksum{{Algorithm: common.SHA256, Value: digest(s.content)}},
		PackageHomePage:         homepage,
		PackageLicenseConcluded: unknown,
		PackageLicenseDeclared:  "Apache-2.0",
		PackageCopyrightText:    unknown,
		PrimaryPackagePurpose:   "APPLICATION",
	}
	if s.digest != "" {
		about.PrimaryPackagePurpose = "CONTAINER"
		about.PackageExternalReferences = purl("oci", "", s.name, s.digest)
	}
	return about
}

func (b bill) packageOfModule(m module) *v2_3.Package {
	namespace, name := "", m.path
	if slash := strings.LastIndex(m.path, "/"); slash >= 0 {
		namespace, name = m.path[:slash], m.path[slash+1:]
	}
	linked := &v2_3.Package{
		PackageName:               m.path,
		PackageSPDXIdentifier:     common.ElementID("go-" + notInID.ReplaceAllString(m.path+"-"+m.version, "-")),
		PackageVersion:            m.version,
		PackageDownloadLocation:   unknown,
		PackageLicenseConcluded:   unknown,
		PackageLicenseDeclared:    b.licenceOf(m),
		PackageCopyrightText:      unknown,
		PrimaryPackagePurpose:     "LIBRARY",
		PackageExternalReferences: purl("golang", namespace, name, m.version),
	}
	if m.path == stdlib {
		// The version of a package URL has no "go" before it (https://github.com/package-url/purl-spec).
		linked.PackageExternalReferences = purl("golang", "", stdlib, strings.TrimPrefix(m.version, "go"))
	}
	if m.sum != "" {
		linked.PackageComment = "go.sum has " + m.sum
	}
	return linked
}

// notInID are the characters that an SPDX identifier cannot have.
var notInID = regexp.MustCompile(`[^a-zA-Z0-9.-]+`)

// purl returns the package URL by which databases of vulnerabilities know a package.
func purl(kind, namespace, name, version string) []*v2_3.PackageExternalReference {
	return []*v2_3.PackageExternalReference{{
		Category: common.CategoryPackageManager,
		RefType:  common.TypePackageManagerPURL,
		Locator:  packageurl.NewPackageURL(kind, namespace, name, version, nil, "").ToString(),
	}}
}

func relate(a common.ElementID, how string, b common.ElementID) *v2_3.Relationship {
	return &v2_3.Relationship{
		RefA: common.DocElementID{ElementRefID: a}, Relationship: how, RefB: common.DocElementID{ElementRefID: b},
	}
}
