package show_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tsunagu/tsunagu/stack/show"
)

// Every picture has the forms it promises.
var (
	_ show.Picture = (*show.Table)(nil)
	_ show.SVGer   = (*show.Table)(nil)
)

func TestTable(t *testing.T) {
	table := show.Table{
		Columns: []show.Column{{Name: "host"}, {Name: "fd", Right: true}, {Name: "nothing"}, {Name: "state"}},
		Empty:   "no sockets",
	}
	if got := table.Text(); got != "no sockets" {
		t.Errorf("without rows: %q", got)
	}
	wellFormed(t, table.SVG())
	table.Drop()
	if len(table.Columns) != 4 {
		t.Error("without rows there is no telling which column says nothing")
	}
	table.Add("client", "3", "-", "CLOSED")
	table.Add("サーバー", "12")
	table.Drop("-")
	want := "host      fd  state\n" +
		"client     3  CLOSED\n" +
		"サーバー  12"
	if diff := cmp.Diff(want, table.Text()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	wellFormed(t, table.SVG(), "サーバー", "CLOSED")
}

// text fails unless a picture's text is the one wanted.
func text(t *testing.T, p show.Picture, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.Split(strings.TrimPrefix(want, "\n"), "\n"), strings.Split(p.Text(), "\n")); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// wellFormed fails unless the SVG is XML, refers to nothing outside itself, and contains the words.
func wellFormed(t *testing.T, svg string, words ...string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if strings.Contains(a.Name.Local, "href") || strings.Contains(a.Value, "url(") && !strings.Contains(a.Value, "url(#") {
					t.Errorf("refers to something outside: %v", a)
				}
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s has %s", e.Name.Local, a.Value)
				}
			}
		}
	}
	for _, w := range words {
		if !strings.Contains(svg, ">"+w+"<") {
			t.Errorf("the word %q is not in it", w)
		}
	}
}
