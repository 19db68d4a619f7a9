package trace_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/tsunagu/tsunagu/stack/trace"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// arp is an ARP request that a client broadcasts for 10.0.0.2.
var arp = []byte("\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01\x08\x06" +
	"\x00\x01\x08\x00\x06\x04\x00\x01\x02\x00\x00\x00\x00\x01\x0a\x00\x00\x01\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x02")

func passed() trace.Events {
	return trace.Events{
		{At: 1, Host: "client", Kind: trace.Call, Name: "connect"},
		{At: 1000001, Host: "client", Kind: trace.Send, Frame: arp},
		{At: 1000001, Host: "client", Kind: trace.Lost, Name: "weather", Frame: arp},
		{At: 2000001, Host: "client", Kind: trace.Send, Frame: arp},
		{At: 2500001, Host: "サーバー", Kind: trace.Receive, Name: "eth0", Note: "seen", Frame: arp[:41]},
		{At: 2500001, Host: "サーバー", Kind: trace.Drop, Name: "too short"},
	}
}

type packet struct {
	At        time.Time
	Interface string
	Length    int
	Comments  []string
	Inbound   bool
}

func TestCaptureIsReadBack(t *testing.T) {
	var file bytes.Buffer
	if err := trace.WriteCapture(&file, passed(), epoch); err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	if r.LinkType() != layers.LinkTypeEthernet {
		t.Errorf("link type %v", r.LinkType())
	}
	var got []packet
	for {
		data, info, options, err := r.ReadPacketDataWithOptions()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		adapter, err := r.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, packet{info.Timestamp.UTC(), adapter.Name, len(data), options.Comments,
			options.Flags.Direction == pcapgo.NgEpbFlagDirectionInbound})
		if !bytes.HasPrefix(arp, data) {
			t.Errorf("frame % x", data)
		}
	}
	want := []packet{
		{epoch.Add(1000001), "client", 42, []string{"lost on the cable: weather"}, false},
		{epoch.Add(2000001), "client", 42, nil, false},
		{epoch.Add(2500001), "サーバー eth0", 41, []string{"seen", "discarded: too short"}, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if got := r.SectionInfo().Application; got != "tsunagu" {
		t.Errorf("written by %q", got)
	}
}

func TestCaptureIsReadByWireshark(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c.pcapng")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(trace.WriteCapture(file, passed(), epoch), file.Close()); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
		out, err := exec.Command(name, args...).Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	t.Run("tshark", func(t *testing.T) {
		got := run("tshark", "-r", name, "-T", "fields", "-E", "separator=,", "-e", "frame.time_epoch", "-e", "arp.dst.proto_ipv4",
			"-e", "frame.interface_name", "-e", "frame.comment", "-e", "_ws.malformed")
		lines := strings.Split(strings.TrimSpace(got), "\n")
		if len(lines) != 3 || !strings.HasSuffix(lines[0], ".001000001,10.0.0.2,client,lost on the cable: weather,") ||
			!strings.HasSuffix(lines[1], ".002000001,10.0.0.2,client,,") {
			t.Errorf("tshark reads\n%s", got)
		}
	})
	t.Run("capinfos", func(t *testing.T) {
		got := run("capinfos", name)
		for _, want := range []string{"pcapng", "Number of packets:   3", "nanoseconds", "Ethernet"} {
			if !strings.Contains(got, want) {
				t.Errorf("capinfos does not say %q:\n%s", want, got)
			}
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestCaptureTellsOfFailure(t *testing.T) {
	err := trace.WriteCapture(full{}, passed(), epoch)
	if err == nil || err.Error() != "capture: disk full" {
		t.Errorf("error %v", err)
	}
}
