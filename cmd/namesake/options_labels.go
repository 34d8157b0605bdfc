package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// labelDomainsFile is the default path of the file of label domains. That file need not exist.
const labelDomainsFile = "/etc/sandbox-config/allowed-label-domains"

// labelDomainOptions says which labels claims may add to their Pods.
type labelDomainOptions struct {
	file string
}

func defaultLabelDomains() labelDomainOptions {
	return labelDomainOptions{file: labelDomainsFile}
}

func (o *labelDomainOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.file, "allowed-label-domains-file", o.file,
		"File of the domains, separated by commas or lines, of labels that claims may add to their Pods. Read at the start; where the default is not there: sandbox.users.io.")
}

// domains reads the file. A file that the flag names must exist. Without it, labels would be refused, and nobody would know
// why.
func (o *labelDomainOptions) domains() (rules.LabelDomains, error) {
	text, err := os.ReadFile(o.file)
	required := o.file != "" && o.file != labelDomainsFile
	if err != nil && (required || !errors.Is(err, fs.ErrNotExist)) {
		return nil, fmt.Errorf("--allowed-label-domains-file: %w", err)
	}
	domains, err := rules.ParseLabelDomains(string(text))
	if err != nil {
		return nil, fmt.Errorf("--allowed-label-domains-file: %s: %w", o.file, err)
	}
	return domains, nil
}
