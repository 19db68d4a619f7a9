package worker

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/session/protocol"
)

// serve has a session answer requests and returns all it says after its hello.
func serve(t *testing.T, requests ...protocol.Request) []protocol.Message {
	t.Helper()
	var in, out bytes.Buffer
	e := protocol.NewEncoder(&in)
	for i, r := range requests {
		r.ID = i + 1
		if err := e.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := Serve(&in, &out); err != nil {
		t.Fatal(err)
	}
	var said []protocol.Message
	for d := protocol.NewDecoder(&out); ; {
		var m protocol.Message
		if err := d.Decode(&m); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		said = append(said, m)
	}
	if len(said) == 0 || said[0].Kind != protocol.Hello || said[0].Version != protocol.Version {
		t.Fatalf("it begins with %+v", said)
	}
	return said[1:]
}

func TestServe(t *testing.T) {
	got := serve(t,
		protocol.Request{Op: protocol.Run, Source: "x := 1\nfmt.Println(\"一\")\nx"},
		protocol.Request{Op: protocol.Run, Source: "x +"},
		protocol.Request{Op: protocol.Run, Source: "x = 2\n  panic(x)"},
		protocol.Request{Op: protocol.Document, Name: "x"},
		protocol.Request{Op: protocol.Complete, Source: "fmt.Sprintl", Position: 11},
		protocol.Request{Op: "dance"},
	)
	want := []protocol.Message{
		{ID: 1, Kind: protocol.Text, Stream: "stdout", Text: "一\n"},
		{ID: 1, Kind: protocol.Value, Text: "1"},
		{ID: 1, Kind: protocol.Finished},
		{ID: 2, Kind: protocol.Error, Line: 1, Col: 4, Code: "syntax"},
		{ID: 2, Kind: protocol.Finished, State: protocol.Unchanged},
		{ID: 3, Kind: protocol.Error, Line: 2, Col: 3, Code: "panic", Text: "panic: 2"},
		{ID: 3, Kind: protocol.Finished, State: protocol.Spoiled},
		{ID: 4, Kind: protocol.Answer, Text: "var x int"},
		{ID: 4, Kind: protocol.Finished},
		{ID: 5, Kind: protocol.Answer, Completion: &protocol.Completion{From: 4, To: 11, Items: []protocol.Item{
			{Label: "Sprintln", Kind: "func", Detail: "func(...any) string"},
		}}},
		{ID: 5, Kind: protocol.Finished},
		{ID: 6, Kind: protocol.Error, Code: "request", Text: `a session can run, complete and document, not "dance"`},
		{ID: 6, Kind: protocol.Finished},
	}
	for i := range got {
		if got[i].Code == "syntax" {
			got[i].Text = "" // Go's words
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPicture(t *testing.T) {
	got := serve(t, protocol.Request{Op: protocol.Run, Source: "&show.Table{Columns: []show.Column{{Name: \"a\"}}, Rows: [][]string{{\"b\"}}}"})
	if len(got) != 2 || got[0].Kind != protocol.Picture || !strings.HasPrefix(got[0].SVG, "<svg") || !strings.Contains(got[0].Text, "b") {
		t.Errorf("%+v", got)
	}
}

func TestServeEndsAtGarbage(t *testing.T) {
	if err := Serve(strings.NewReader("hello\n"), io.Discard); err == nil || !strings.Contains(err.Error(), "hello") {
		t.Errorf("%v", err)
	}
}
