package rights

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// CheckRecord fails t with everything that the managers of a cluster were refused for lack of rights since a time.
func CheckRecord(t *testing.T, cluster string, since time.Time) {
	t.Helper()
	calls, denied, err := Record(cluster, since)
	if err != nil {
		t.Fatal(err)
	}
	if len(denied) > 0 {
		t.Errorf("of %d calls of the managers, the API server refused for lack of rights:\n%s", calls, strings.Join(denied, "\n"))
	}
}

// Record reads what the API server recorded of the managers, in the folder of a cluster of test/cluster. It returns how many
// calls there were since a time, and what was refused for lack of rights. A refusal by a policy, a quota or a webhook is no
// lack of rights.
func Record(cluster string, since time.Time) (calls int, denied []string, err error) {
	pattern := filepath.Join(cluster, "logs", "audit*.log") // A long log is continued in another file.
	logs, err := filepath.Glob(pattern)
	if err != nil {
		return 0, nil, err
	}
	for _, path := range logs {
		n, more, err := read(path, since)
		if err != nil {
			return 0, nil, fmt.Errorf("reading %s: %w", path, err)
		}
		calls, denied = calls+n, append(denied, more...)
	}
	if calls == 0 {
		return 0, nil, fmt.Errorf("the API server recorded no call of a manager in %s", pattern)
	}
	slices.Sort(denied)
	return calls, slices.Compact(denied), nil
}

func read(path string, since time.Time) (calls int, denied []string, err error) {
	log, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer log.Close()
	return denials(log, since)
}

// event holds the parts of an audit event that are read. The annotations say how the authorization was decided. The status
// alone does not distinguish that from a refusal by admission.
type event struct {
	Verb       string `json:"verb"`
	RequestURI string `json:"requestURI"`
	User       struct {
		Username string `json:"username"`
	} `json:"user"`
	ObjectRef struct {
		APIGroup    string `json:"apiGroup"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
	} `json:"objectRef"`
	Status struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Received    time.Time         `json:"requestReceivedTimestamp"`
	Annotations map[string]string `json:"annotations"`
}

const (
	decision = "authorization.k8s.io/decision"
	forbid   = "forbid"
)

// denials returns how many calls a log has since a time, and what the calls that were refused for lack of rights asked for. It
// leaves a last line that is still being written for the next time.
func denials(log io.Reader, since time.Time) (calls int, denied []string, err error) {
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return calls, denied, nil
		}
		if err != nil {
			return calls, denied, err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return calls, denied, fmt.Errorf("%w: %s", err, line)
		}
		if e.Received.Before(since) {
			continue
		}
		calls++
		if e.Annotations[decision] == forbid {
			denied = append(denied, e.asked())
		}
	}
}

// asked returns what the call asked for: the right if there is a resource, and the place.
func (e event) asked() string {
	what := e.Verb + " " + e.RequestURI
	if ref := e.ObjectRef; ref.Resource != "" {
		what = right{verb: e.Verb, group: ref.APIGroup, resource: ref.Resource, subresource: ref.Subresource}.String()
		if ref.Namespace != "" {
			what += " in namespace " + ref.Namespace
		}
	}
	return e.User.Username + ": " + what
}
