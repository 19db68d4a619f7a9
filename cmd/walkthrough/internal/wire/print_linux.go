package wire

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// printer prints what the command finds out.
type printer struct {
	w       io.Writer
	t       texts
	verbose bool
	err     error // the first error of w
}

func newPrinter(o Options) *printer {
	return &printer{w: o.Stdout, t: textsFor(o.Lang), verbose: o.Verbose}
}

func (p *printer) line(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s+"\n")
	}
}

func (p *printer) say(k key, args ...any) { p.line(p.t.of(k, args...)) }

// head prints the heading of a part.
func (p *printer) head(k key) { p.line("\n── " + p.t.of(k) + "\n") }

// picture prints a picture. A table whose columns have no names begins with an empty line, which is left out.
func (p *printer) picture(pic show.Picture) {
	p.lines(strings.Split(strings.TrimLeft(pic.Text(), "\n"), "\n"))
}

// lines prints the lines of a picture, a little to the right.
func (p *printer) lines(lines []string) {
	for _, line := range lines {
		p.line(strings.TrimRight("  "+line, " "))
	}
}

// ends prints who is at the ends of the cable.
func (p *printer) ends(s *scene) {
	p.head(headEnds)
	t := show.Table{Columns: make([]show.Column, 5)}
	t.Add(p.t.of(endOurs), ourPrefix.String(), s.cable.ours.String(), ourAdapter, "tsunagu")
	t.Add(p.t.of(endKernel), kernelPrefix.String(), s.cable.kernel.String(), kernelAdapter, "Linux "+release())
	p.picture(&t)
}

// down prints how our stack fetched the page.
func (p *printer) down(x *exchange) {
	p.head(headDown)
	p.ladder(x.events)
	p.line("")
	p.page(hostName, x.page)
	p.rest(x)
}

// up prints how the kernel's side fetched it.
func (p *printer) up(x *fetchedUp) {
	p.head(headUp)
	p.ladder(x.events)
	p.line("")
	p.page("net/http", x.page)
	switch {
	case x.curlErr == nil:
		p.say(curlArrived, x.curl)
	case errors.Is(x.curlErr, exec.ErrNotFound):
		p.say(curlMissing)
	}
	p.rest(x.exchange)
}

// rest prints what else is known about an exchange.
func (p *printer) rest(x *exchange) {
	p.closed(x)
	p.both(x)
	p.moments(x.witness)
	p.lists(x)
	p.line("")
}

// page prints how a page came, and its first line.
func (p *printer) page(who string, f fetched) {
	if f.status == "" {
		return
	}
	first, _, _ := bytes.Cut(f.body, []byte("\n"))
	p.say(arrived, who, f.proto, f.status, len(f.body), f.took.Round(10*time.Microsecond), first[:min(len(first), 80)])
}

// A ladder of more than ladderMax lines is shortened to how it begins and how it ends.
const (
	ladderMax  = 48
	ladderHead = 24
	ladderTail = 16
)

// ladder draws what passed, with our stack at the left.
func (p *printer) ladder(events trace.Events) {
	picture := show.Ladder(events, show.Hosts(hostName, kernelPrefix.Addr().String()))
	lines := strings.Split(picture.Text(), "\n")
	if p.verbose || len(lines) <= ladderMax {
		p.lines(lines)
		return
	}
	p.lines(lines[:ladderHead])
	p.line("\n  " + p.t.of(left, len(lines)-ladderHead-ladderTail) + "\n")
	p.lines(lines[len(lines)-ladderTail:])
}

// closed prints whether the connection was closed in order.
func (p *printer) closed(x *exchange) {
	if x.talk == nil {
		return
	}
	weFirst, err := x.talk.closing()
	switch {
	case err != nil:
		p.say(outOrder, err)
	case weFirst:
		p.say(inOrder, p.t.of(weClosed))
	default:
		p.say(inOrder, p.t.of(theyDid))
	}
}

// both prints the connection as our trace has it beside the kernel's account.
func (p *printer) both(x *exchange) {
	if x.talk == nil || x.witness == nil {
		return
	}
	end, ok := x.witness.at(atClose)
	if !ok {
		return
	}
	p.head(headBoth)
	n := strconv.Itoa
	t := show.Table{Columns: []show.Column{{}, {Name: p.t.of(us), Right: true}, {Name: p.t.of(them), Right: true}}}
	t.Add(p.t.of(rowOut), n(x.talk.bytes(true)), count(end.Bytes_received))
	t.Add(p.t.of(rowIn), n(x.talk.bytes(false)), count(end.Bytes_acked))
	if x.asked {
		i := x.told
		t.Add(p.t.of(rowOptions), named(i.Timestamps, i.SACK, i.WindowScale, i.ECN), options(end))
	}
	p.picture(&t)
	p.line("")
	p.line("  " + p.t.of(asOfClose))
	out, in := uint64(x.talk.bytes(true)), uint64(x.talk.bytes(false))
	if end.Bytes_received == out+1 || end.Bytes_acked == in+1 {
		p.line("  " + p.t.of(oneMore))
	}
}

func count(n uint64) string { return strconv.FormatUint(n, 10) }

// moments prints what the kernel said about its end.
func (p *printer) moments(w *witness) {
	if w == nil {
		return
	}
	p.head(headAsked)
	t := show.Table{Columns: []show.Column{
		{}, {Name: "state"}, {Name: "bytes_received", Right: true}, {Name: "bytes_acked", Right: true},
		{Name: "segs_in", Right: true}, {Name: "segs_out", Right: true}, {Name: "snd_mss", Right: true},
		{Name: "rtt", Right: true}, {Name: "snd_cwnd", Right: true}, {Name: "retrans", Right: true}, {Name: "options"},
	}}
	for _, m := range w.seen() {
		i := m.info
		t.Add(p.t.of(m.when), kernelState(i.State), count(i.Bytes_received), count(i.Bytes_acked),
			count(uint64(i.Segs_in)), count(uint64(i.Segs_out)), count(uint64(i.Snd_mss)),
			microseconds(i.Rtt).String(), count(uint64(i.Snd_cwnd)), count(uint64(i.Total_retrans)), options(i))
	}
	t.Drop()
	p.picture(&t)
}

// lists prints the sockets at either end.
func (p *printer) lists(x *exchange) {
	p.head(headLists)
	t := show.Table{Columns: []show.Column{{}, {Name: "local"}, {Name: "remote"}, {Name: "state"}}}
	for _, list := range x.lists {
		when := p.t.of(list.when)
		switch {
		case list.err != nil:
			t.Add(when, list.err.Error())
		case len(list.sockets) == 0:
			t.Add(when, p.t.of(listNone))
		}
		for _, k := range list.sockets {
			t.Add(when, k.local.String(), k.remote.String(), k.state)
		}
	}
	for _, k := range x.after {
		t.Add(p.t.of(listOurs), listed(k.Local), listed(k.Remote), k.State.String())
	}
	p.picture(&t)
}

// listed is how the kernel lists an end that is nobody's yet: as zeros.
func listed(a netip.AddrPort) string {
	if !a.IsValid() {
		a = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return a.String()
}
