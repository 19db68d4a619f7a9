package protocol

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	want := []Message{
		{Kind: Hello, Version: Version, Text: "go1.26"},
		{ID: 1, Kind: Text, Stream: "stdout", Text: "一行\n<b>\x00\n"},
		{ID: 1, Kind: Picture, Text: strings.Repeat("─", 70_000), SVG: "<svg/>", Mermaid: "sequenceDiagram"},
		{ID: 1, Kind: Error, Text: "undefined: x", Line: 3, Col: 5, Code: "compile"},
		{ID: 2, Kind: Answer, Completion: &Completion{From: 1, To: 3, Items: []Item{{Label: "Host", Kind: "method"}}}},
		{ID: 2, Kind: Finished, State: Spoiled},
	}
	var b bytes.Buffer
	e, d := NewEncoder(&b), NewDecoder(&b)
	for _, m := range want {
		if err := e.Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Count(b.String(), "\n"); lines != len(want) {
		t.Errorf("%d lines for %d messages", lines, len(want))
	}
	for _, m := range want {
		var got Message
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got); diff != "" {
			t.Error(diff)
		}
	}
	if err := d.Decode(&Message{}); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	if err := NewDecoder(strings.NewReader("panic: oh\n")).Decode(&Message{}); err == nil || !strings.Contains(err.Error(), "panic: oh") {
		t.Errorf("a line that is no message: %v", err)
	}
	if err := NewDecoder(strings.NewReader(`{"kind":"te`)).Decode(&Message{}); err != io.EOF {
		t.Errorf("a line that was cut off: %v", err)
	}
}

func TestEncoderFromManyGoroutines(t *testing.T) {
	var b bytes.Buffer
	e := NewEncoder(&b)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 100 {
				if err := e.Encode(Request{ID: i, Op: Run}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	d := NewDecoder(&b)
	for range 800 {
		if err := d.Decode(&Request{}); err != nil {
			t.Fatal(err)
		}
	}
}
