package wire

import (
	"bytes"
	"context"
	"flag"
	"io"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	o := Options{Lang: "ko"}
	fs := flag.NewFlagSet("nic", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.Register(fs)
	if err := fs.Parse([]string{"-size", "100", "-pcap", "x", "-v"}); err != nil {
		t.Fatal(err)
	}
	if o.Size != 100 || o.Pcap != "x" || !o.Verbose || o.Path != "/" || o.Timeout != defaultTimeout {
		t.Errorf("%+v", o)
	}
	for _, bad := range []Options{{Path: "page"}, {Path: "/a b"}, {Path: "/?q"}, {Size: -1}, {Size: maxSize + 1}, {Timeout: -1}} {
		if err := Main(context.Background(), bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, lang := range []string{"en", "ja", "ko"} {
		for _, word := range []string{"TCP_INFO", "10.0.0.2", "curl", "http.Server"} {
			if !strings.Contains(Help(lang), word) {
				t.Errorf("the help in %s does not speak of %s", lang, word)
			}
		}
	}
}

func TestPage(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 1000, 1 << 20} {
		got := page("somebody", size)
		if size >= 128 && len(got) != size || len(got) == 0 {
			t.Errorf("a page of %d bytes has %d", size, len(got))
		}
		if !bytes.Contains(got, []byte("Hello from somebody")) {
			t.Errorf("a page of %d bytes begins %q", size, got[:min(len(got), 100)])
		}
	}
}
