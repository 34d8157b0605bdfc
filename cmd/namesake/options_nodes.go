package main

import (
	"flag"
	"fmt"
	"strings"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// nodeOptions says which nodes are about to go.
type nodeOptions struct {
	disruptionTaints string
}

func (o *nodeOptions) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&o.disruptionTaints, "node-disruption-taints", o.disruptionTaints,
		"Keys of further taints, separated by commas, that announce the removal of a node: claims get no Sandbox there. DOMAIN/* stands for all keys of a domain.")
}

// taints returns what the flag says, or every problem with it.
func (o *nodeOptions) taints() (rules.DisruptionTaints, error) {
	taints, err := rules.ParseDisruptionTaints(o.disruptionTaints)
	if err != nil {
		return nil, fmt.Errorf("--node-disruption-taints: %s", strings.ReplaceAll(err.Error(), "\n", "\n--node-disruption-taints: "))
	}
	return taints, nil
}
