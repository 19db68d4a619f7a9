//go:build !before5

package tcp

import (
	"testing"

	"github.com/tsunagu/tsunagu/stack/header"
)

// TestUrgentNews: the application is told when urgent data begins to be pending and when its end moves on, and at no other
// time; and at any time it can ask how much is left.
func TestUrgentNews(t *testing.T) {
	e := established(t)
	told := 0
	e.g.Urgent = func(c *Conn) {
		if told++; c != e.c {
			t.Error("of another connection")
		}
	}
	urgent := func(seq header.Seq, pointer uint16, data string) {
		h := &header.TCP{Seq: seq, Ack: iss + 1, Flags: fACK | header.URG, Window: wnd, Urgent: pointer}
		e.c.Arrive(e.now, h, []byte(data), nil, 0)
		e.take()
	}
	want := func(news, left int) {
		t.Helper()
		if told != news || e.c.Urgent() != left {
			t.Fatalf("told %d times, not %d; %d bytes left, not %d", told, news, e.c.Urgent(), left)
		}
	}
	want(0, 0)
	urgent(irs+1, 5, "")
	want(1, 5)
	urgent(irs+1, 5, data(10)) // the same again, now with the bytes
	want(1, 5)
	b := make([]byte, 3)
	e.c.Read(b)
	want(1, 2)
	urgent(irs+11, 0, data(10)) // before what it points to: read or told
	want(2, 7)
	e.c.Read(b)
	want(2, 4)
	urgent(irs+21, 20, "")
	want(3, 34)
	e.c.Read(make([]byte, 100))
	want(3, 20)
	urgent(irs+21, 0, data(30))
	e.c.Read(make([]byte, 100))
	want(3, 0)
	urgent(irs+1, 30, data(10)) // old: nothing of it lies in the window
	want(3, 0)
}
