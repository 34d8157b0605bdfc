package claim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
	"k8s.io/streaming/pkg/httpstream/wsstream"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/cli"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// kubelet serves the exec of a Pod by Kubernetes' own implementations of the protocols. What runs prints its arguments, then its input
// in upper case, and ends with a code.
type kubelet struct {
	t *testing.T
	// old does not understand WebSocket.
	old  bool
	code int
	// asked is the query of the request that was served.
	asked string
}

func (k *kubelet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v1/namespaces/default/pods/python-1/exec" {
		http.NotFound(w, r)
		return
	}
	if wsstream.IsWebSocketRequest(r) {
		if k.old {
			http.Error(w, "upgrade not supported", http.StatusForbidden)
			return
		}
		k.serveWebSocket(w, r)
		return
	}
	k.serveSPDY(w, r)
}

// serveWebSocket has the channels of v5.channel.k8s.io: input, output, errors of the command, status, sizes of the terminal.
func (k *kubelet) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	connection := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{remotecommand.StreamProtocolV5Name: {
		Binary:   true,
		Channels: []wsstream.ChannelType{wsstream.ReadChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.ReadChannel},
	}})
	_, streams, err := connection.Open(w, r)
	if err != nil {
		k.t.Error(err)
		return
	}
	k.execute(r, streams[0], streams[1], streams[3])
	if err := connection.Close(); err != nil {
		k.t.Error(err)
	}
}

func (k *kubelet) serveSPDY(w http.ResponseWriter, r *http.Request) {
	if _, err := httpstream.Handshake(r, w, []string{remotecommand.StreamProtocolV4Name}); err != nil {
		k.t.Error(err)
		return
	}
	type arrival struct {
		stream  httpstream.Stream
		replied <-chan struct{}
	}
	arrived := make(chan arrival, 4)
	connection := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(stream httpstream.Stream, replied <-chan struct{}) error {
		arrived <- arrival{stream, replied}
		return nil
	})
	if connection == nil {
		k.t.Error("no connection")
		return
	}
	streams := map[string]httpstream.Stream{}
	wanted := 2 // Status and output.
	for _, also := range []string{"stdin", "stderr"} {
		if r.URL.Query().Get(also) == "true" {
			wanted++
		}
	}
	for len(streams) < wanted {
		next := <-arrived
		<-next.replied // The client resets a stream with data before the reply, so the kubelet waits for it, too.
		streams[next.stream.Headers().Get(corev1.StreamType)] = next.stream
	}
	var input io.Reader = strings.NewReader("")
	if stdin, ok := streams[corev1.StreamTypeStdin]; ok {
		input = stdin
	}
	k.execute(r, input, streams[corev1.StreamTypeStdout], streams[corev1.StreamTypeError])
	if err := connection.Close(); err != nil {
		k.t.Error(err)
	}
}

// execute is the command. It says on status how it ended, as the kubelet does.
func (k *kubelet) execute(r *http.Request, in io.Reader, out, status io.Writer) {
	query := r.URL.Query()
	k.asked = query.Encode()
	text := strings.Join(query["command"], " ") + "\n"
	if query.Get("stdin") == "true" {
		given := make([]byte, len("input"))
		if _, err := io.ReadFull(in, given); err != nil {
			k.t.Error(err)
		}
		text += strings.ToUpper(string(given)) + "\n"
	}
	if _, err := io.WriteString(out, text); err != nil {
		k.t.Error(err)
	}
	ended := metav1.Status{Status: metav1.StatusSuccess}
	if k.code != 0 {
		ended = metav1.Status{Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason, Details: &metav1.StatusDetails{
			Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: "7"}},
		}}
	}
	if err := json.NewEncoder(status).Encode(ended); err != nil {
		k.t.Error(err)
	}
}

func TestRun(t *testing.T) {
	for name, tc := range map[string]struct {
		kubelet kubelet
		stdin   bool
		tty     bool
		out     string
		note    string
		code    int
	}{
		"by WebSocket":               {out: "echo hello\n"},
		"by SPDY":                    {kubelet: kubelet{old: true}, out: "echo hello\n"},
		"with input, by WebSocket":   {stdin: true, out: "echo hello\nINPUT\n"},
		"with input, by SPDY":        {kubelet: kubelet{old: true}, stdin: true, out: "echo hello\nINPUT\n"},
		"an exit code, by WebSocket": {kubelet: kubelet{code: 7}, out: "echo hello\n", code: 7},
		"an exit code, by SPDY":      {kubelet: kubelet{code: 7, old: true}, out: "echo hello\n", code: 7},
		"-t without a terminal":      {tty: true, out: "echo hello\n", note: "note: without a terminal, or -i, there is none for the command either\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.kubelet.t = t
			server := httptest.NewServer(&tc.kubelet)
			defer server.Close()
			var out, errOut bytes.Buffer
			streams := genericiooptions.IOStreams{In: strings.NewReader("input"), Out: &out, ErrOut: &errOut}
			c := command{words: []string{"echo", "hello"}, stdin: tc.stdin, tty: tc.tty}
			err := c.run(t.Context(), &rest.Config{Host: server.URL}, builder.MakePod("python-1").Obj(), streams)
			var exit *cli.ExitError
			if tc.code == 0 && err != nil || tc.code != 0 && (!errors.As(err, &exit) || exit.Code != tc.code) {
				t.Errorf("got error %v, want exit code %d", err, tc.code)
			}
			if out.String() != tc.out || errOut.String() != tc.note {
				t.Errorf("output %q, note %q", out.String(), errOut.String())
			}
			if !strings.Contains(tc.kubelet.asked, "container=main") {
				t.Errorf("asked for %s", tc.kubelet.asked)
			}
		})
	}
}

func TestWhatCannotRun(t *testing.T) {
	server := httptest.NewServer(&kubelet{t: t})
	defer server.Close()
	c := command{words: []string{"ls"}}
	err := c.run(t.Context(), &rest.Config{Host: server.URL}, builder.MakePod("other").Obj(), genericiooptions.NewTestIOStreamsDiscard())
	if err == nil || !strings.HasPrefix(err.Error(), "running the command: ") {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var exit *cli.ExitError
	if err := exitOf(ended, errors.New("broken off")); !errors.As(err, &exit) || exit.Code != interrupted {
		t.Errorf("after an interrupt: %v", err)
	}
}
