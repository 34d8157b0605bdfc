package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"github.com/namesake-sandbox/namesake/api/rules"
)

// labelDomainOptions say which labels claims may add to their Pods.
type labelDomainOptions struct {
	file string
}

func defaultLabelDomains() labelDomainOptions {
	return labelDomainOptions{file: "/etc/sandbox-config/allowed-label-domains"}
}

func (o *labelDomainOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.file, "allowed-label-domains-file", o.file,
		"File of the domains, separated by commas or lines, of labels that claims may add to their Pods. Read at the start; without it: sandbox.users.io.")
}

// domains reads the file, which need not be there.
func (o *labelDomainOptions) domains() (rules.LabelDomains, error) {
	text, err := os.ReadFile(o.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--allowed-label-domains-file: %w", err)
	}
	domains, err := rules.ParseLabelDomains(string(text))
	if err != nil {
		return nil, fmt.Errorf("--allowed-label-domains-file: %s: %w", o.file, err)
	}
	return domains, nil
}
