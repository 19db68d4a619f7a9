package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// TestMain lets the copy of the test program that Main starts get to Main.
func TestMain(m *testing.M) {
	if inside() {
		_ = Main(context.Background(), Options{}) // does not return
	}
	os.Exit(m.Run())
}

// command runs Main and returns what it printed. Where the system forbids it, the test is skipped.
func command(t *testing.T, o Options) string {
	t.Helper()
	var printed bytes.Buffer
	o.Stdout = &printed
	err := Main(t.Context(), o)
	if errors.Is(err, ErrForbidden) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, printed.Bytes())
	}
	return printed.String()
}

// TestPageBothWays has the kernel and our stack fetch a page from each other, and then looks into the capture file with
// somebody else's reader.
func TestPageBothWays(t *testing.T) {
	for name, size := range map[string]int{"short": 0, "1 MiB": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "capture.pcapng")
			printed := command(t, Options{Path: "/page.html", Size: size, Pcap: file, Tshark: true})
			for _, k := range []key{headEnds, headDown, headUp, headBoth, headAsked, headLists} {
				if !strings.Contains(printed, english[k]) {
					t.Errorf("nothing was printed about %q:\n%s", k, printed)
				}
			}
			for k, without := range map[key]string{curlMissing: "curl", tsharkMissing: "tshark"} {
				if strings.Contains(printed, english[k]) {
					t.Logf("without %s, which is not installed here", without)
				}
			}
			agreed := regexp.MustCompile(`\n +`+english[rowOptions]+` +(\S.*?)  +(\S.*)`).FindAllStringSubmatch(printed, -1)
			if len(agreed) != 2 {
				t.Errorf("%d times both ends said what they agreed on:\n%s", len(agreed), printed)
			}
			for _, ends := range agreed {
				if ends[1] != ends[2] {
					t.Errorf("our stack agreed on %q, the kernel on %q", ends[1], ends[2])
				}
			}
			events := read(t, file)
			talks := conversations(events)
			if len(talks) < 2 {
				t.Fatalf("%d connections in the capture", len(talks))
			}
			for i, talk := range talks {
				weClient := i == 0
				weFirst, err := talk.closing()
				if err != nil {
					t.Error(err)
				}
				if weFirst != weClient {
					t.Errorf("connection %d: we closed first: %t; whoever fetches should", i, weFirst)
				}
				host := "our stack"
				if weClient {
					host = "the kernel"
				}
				checkPage(t, events, talk, !weClient, page(host, size))
			}
			if size > 64<<10 && !strings.Contains(printed, "len=65160") {
				t.Log("no whole super-frame passed this time")
			}
		})
	}
}

// read reads a capture file with gopacket's reader.
func read(t *testing.T, file string) trace.Events {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewNgReader(f, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var events trace.Events
	for {
		frame, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			t.Fatal(err)
		}
		kind := trace.Receive
		if _, packet, err := header.ParseEthernet(frame); err == nil {
			if ip, _, err := header.ParseIPv4(packet); err == nil && ip.Src == ourPrefix.Addr() {
				kind = trace.Send
			}
		}
		events = append(events, trace.Event{Kind: kind, Frame: frame})
	}
}

// checkPage puts the stream of one direction together again and reads the answer in it.
func checkPage(t *testing.T, events trace.Events, talk *conversation, out bool, want []byte) {
	t.Helper()
	stream := make([]byte, talk.bytes(out))
	var first header.Seq
	for _, e := range events {
		c := conversations(trace.Events{e})
		if len(c) == 0 || c[0].ours != talk.ours || c[0].theirs != talk.theirs || c[0].segments[0].out != out {
			continue
		}
		s := c[0].segments[0]
		if s.tcp.Flags.Has(header.SYN) {
			first = s.tcp.Seq.Add(1)
		}
		if s.data > 0 {
			_, packet, _ := header.ParseEthernet(e.Frame)
			_, payload, _ := header.ParseIPv4(packet)
			_, data, _ := header.ParseTCP(payload)
			copy(stream[s.tcp.Seq.Sub(first):], data)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(stream)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || !bytes.Equal(body, want) {
		t.Errorf("%s and %d bytes passed, not the page of %d bytes", answer.Status, len(body), len(want))
	}
}

func TestLanguages(t *testing.T) {
	for _, lang := range []string{"ja", "ko"} {
		if printed := command(t, Options{Lang: lang}); !strings.Contains(printed, textsFor(lang)[headDown]) {
			t.Errorf("in %s:\n%s", lang, printed)
		}
	}
}

// TestAsOrdinaryUser runs the test above once more as somebody who may nothing, if root runs the tests.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("an ordinary user runs the tests as it is")
	}
	const nobody = 65534
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestPageBothWays$", "-test.v", "-test.timeout=60s")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "TMPDIR=/tmp", "HOME=/")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Pdeathsig: syscall.SIGKILL}
	output, err := cmd.CombinedOutput()
	if errors.Is(err, os.ErrPermission) {
		t.Skipf("cannot become an ordinary user here: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	t.Logf("%s", output)
}

func TestTimeOut(t *testing.T) {
	err := Main(t.Context(), Options{Timeout: time.Millisecond, Stdout: io.Discard})
	if errors.Is(err, ErrForbidden) {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), "-timeout") {
		t.Errorf("after a millisecond: %v", err)
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		_, _ = r.Read(make([]byte, 1)) // it has begun
		cancel()
		_, _ = io.Copy(io.Discard, r)
	}()
	err := Main(ctx, Options{Size: maxSize / 4, Timeout: time.Minute, Stdout: w})
	w.Close()
	if errors.Is(err, ErrForbidden) {
		t.Skip(err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestReaderGoesAway(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	err = Main(t.Context(), Options{Stdout: w})
	w.Close()
	if errors.Is(err, ErrForbidden) {
		t.Skip(err)
	}
	if !errors.Is(err, syscall.EPIPE) {
		t.Errorf("nobody reads, and the command says %v", err)
	}
}

func TestCaptureFileCannotBeWritten(t *testing.T) {
	name := filepath.Join(t.TempDir(), "no", "such", "folder.pcapng")
	err := Main(t.Context(), Options{Pcap: name, Stdout: io.Discard})
	if errors.Is(err, ErrForbidden) {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("the error does not name the file: %v", err)
	}
}
