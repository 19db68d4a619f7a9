//go:build !before7

package tcp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/buffer"
	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/script"
	"github.com/tsunagu/tsunagu/stack/show"
	"github.com/tsunagu/tsunagu/stack/tcp"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// conversation is a connection as its end uses it: a Conn, or one that is written down.
type conversation interface {
	Arrive(now time.Duration, h *header.TCP, payload []byte, of buffer.Holder, tos uint8)
	Next(now time.Duration, s *tcp.Segment) bool
	Timeout(now time.Duration)
	Write(now time.Duration, p []byte) (int, error)
	Read(now time.Duration, p []byte) (int, error)
	Close(now time.Duration)
	Abort(now time.Duration)
	Deafen(now time.Duration)
	SetNoDelay(now time.Duration, off bool)
	SetKeepAlive(now, idle time.Duration)
}

// unwritten is a conversation that nobody writes down.
type unwritten struct{ *tcp.Conn }

func (u unwritten) Write(_ time.Duration, p []byte) (int, error) { return u.Conn.Write(p) }
func (u unwritten) Read(_ time.Duration, p []byte) (int, error)  { return u.Conn.Read(p) }
func (u unwritten) Close(time.Duration)                          { u.Conn.Close() }
func (u unwritten) Abort(time.Duration)                          { u.Conn.Abort() }
func (u unwritten) Deafen(time.Duration)                         { u.Conn.Deafen() }
func (u unwritten) SetNoDelay(_ time.Duration, off bool)         { u.Conn.SetNoDelay(off) }

// recorder writes down what happens in a world: its packets, and what each end goes through as a script. A nil one does
// not.
type recorder struct {
	log     trace.Log
	packets int
	scripts []recorded
}

type recorded struct {
	*script.Recorder
	end *end
}

// open makes a connection.
func (r *recorder) open(e *end) (*tcp.Conn, conversation) {
	if r == nil {
		c := tcp.Open(&e.h.config, e.endpoints(), e.h.w.now)
		return c, unwritten{c}
	}
	return r.add(e, script.Open(&e.h.config, e.endpoints(), e.h.w.now))
}

// accept hands a listener a segment that may begin one.
func (r *recorder) accept(e *end, l *tcp.Listener, h *header.TCP) (*tcp.Conn, conversation, bool) {
	if r == nil {
		c, reset := l.Arrive(&e.h.config, e.endpoints, e.h.w.now, h)
		return c, unwritten{c}, reset
	}
	rec, reset := script.Accept(l, &e.h.config, e.endpoints(), e.h.w.now, h)
	if rec == nil {
		return nil, nil, reset
	}
	c, talk := r.add(e, rec)
	return c, talk, reset
}

func (r *recorder) add(e *end, rec *script.Recorder) (*tcp.Conn, conversation) {
	r.scripts = append(r.scripts, recorded{rec, e})
	return rec.Conn, rec
}

// sent notes a packet that goes out, with all the headers that it would have on a cable.
func (r *recorder) sent(now time.Duration, h *host, p *packet) {
	if r == nil {
		return
	}
	r.packets++ // each has a number of its own, or one would be taken for another that says the same
	ip := header.IPv4{
		TOS: p.tos, TotalLen: uint16(p.size()), ID: uint16(r.packets), DontFragment: true, TTL: 64, Protocol: header.ProtocolTCP,
		Src: p.from.Addr(), Dst: p.to.Addr(),
	}
	src, dst := p.from.Addr().As4(), p.to.Addr().As4()
	eth := header.Ethernet{Src: header.MAC(append([]byte{2, 0}, src[:]...)), Dst: header.MAC(append([]byte{2, 0}, dst[:]...)), Type: header.EtherTypeIPv4}
	at := header.EthernetLen + header.IPv4Len
	p.frame = make([]byte, at+p.h.Len(), at+p.h.Len()+len(p.payload))
	eth.Put(p.frame)
	ip.Put(p.frame[header.EthernetLen:])
	p.h.Put(p.frame[at:])
	p.frame = append(p.frame, p.payload...)
	header.SetTCPChecksum(p.frame[at:], ip.Src, ip.Dst)
	r.log.Add(trace.Event{At: now, Host: h.name, Kind: trace.Send, Frame: p.frame})
}

func (r *recorder) arrived(now time.Duration, h *host, p *packet) {
	if r != nil {
		r.log.Add(trace.Event{At: now, Host: h.name, Kind: trace.Receive, Frame: p.frame})
	}
}

func (r *recorder) lost(now time.Duration, h *host, p *packet, why string) {
	if r != nil && p.frame != nil {
		r.log.Add(trace.Event{At: now, Host: h.name, Kind: trace.Lost, Name: why, Frame: p.frame})
	}
}

func (r *recorder) state(now time.Duration, e *end, from, to tcp.State) {
	if r != nil {
		r.log.Add(trace.Event{
			At: now, Host: e.h.name, Kind: trace.Record, Name: "state", Note: fmt.Sprintf("%v → %v", from, to), Local: e.local, Remote: e.remote,
		})
	}
}

// write puts down what happened in a world: of each connection a ladder of its packets, and of each of its ends a script.
// It returns the files' names.
func (r *recorder) write(dir, name string) (files []string, err error) {
	put := func(file, text string) {
		file = filepath.Join(dir, name+"-"+file)
		if err == nil {
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		files = append(files, file)
	}
	for _, s := range r.scripts {
		if s.end.active() {
			put(s.end.h.name+".ladder", show.Ladder(r.between(s.end)).Text()+"\n")
		}
		put(s.end.h.name+".tcp", s.Text(name+", "+s.end.h.name))
	}
	return files, err
}

// between is what happened to both ends of a connection.
func (r *recorder) between(e *end) trace.Events {
	return r.log.Events().Where(func(v trace.Event) bool { return v.Host == e.h.name || v.Host == e.other.h.name })
}

// TestReplay: what TestSeeds writes down of a world that fails runs again as scripts, to the same end, and all its packets
// stand in the ladder. The worlds here are sound; they are taken for unsound in the middle, and at the end.
func TestReplay(t *testing.T) {
	for _, seed := range []uint64{2, 3, 5, 8, 13, 21, 34, 55} {
		for _, most := range []int{50, 1000, 1_000_000} {
			w := newWorld(seed)
			w.record = new(recorder)
			patience := draw(w)
			for _, h := range w.hosts {
				h.config.Cookies = tcp.CookiesNever // a script has no SYN that is kept nowhere
			}
			w.run(time.Hour, patience, most)
			w.settle()
			dir := t.TempDir()
			if _, err := w.record.write(dir, "seed"); err != nil {
				t.Fatal(err)
			}
			for _, s := range w.record.scripts {
				file := filepath.Join(dir, "seed-"+s.end.h.name+".tcp")
				src, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				scripts, err := script.Parse(file, string(src))
				if err != nil {
					t.Fatalf("seed %d, %d events: %v", seed, most, err)
				}
				for _, again := range scripts {
					g := &s.end.h.config
					if err := again.Run(&tcp.Config{MSL: g.MSL, NewController: g.NewController, ChallengeACKs: g.ChallengeACKs}); err != nil {
						text := strings.Split(err.Error(), "\n")
						t.Fatalf("seed %d, %d events: %s", seed, most, strings.Join(text[max(0, len(text)-12):], "\n"))
					}
				}
			}
			for _, s := range w.record.scripts {
				if !s.end.active() {
					continue
				}
				sent := len(w.record.between(s.end).Of(trace.Send))
				ladder, err := os.ReadFile(filepath.Join(dir, "seed-"+s.end.h.name+".ladder"))
				if err != nil {
					t.Fatal(err)
				}
				if drawn := strings.Count(string(ladder), "seq="); drawn < sent {
					t.Fatalf("seed %d: the ladder has %d packets of %d\n%s", seed, drawn, sent, ladder[:min(len(ladder), 3000)])
				}
			}
		}
	}
}
