//go:build !before4

package script

import (
	"errors"
	"strings"
	"testing"
)

// TestSyntax: what cannot be read is refused at its line and column, in words that help.
func TestSyntax(t *testing.T) {
	for src, want := range map[string]string{
		"0 call open":                             `x:1:1: "0" stands before the first conversation: begin one with == and its name`,
		"==":                                      "x:1:1: a conversation needs a name: == what it shows",
		"chapters 8-5\n":                          "x:1:10: no span of chapters: write chapters 5-8, or chapters 5- for all from 5 on",
		"chapters":                                "x:1:9: something is missing: write chapters 5-8, or chapters 5- for all from 5 on",
		"== a\n0.5":                               "x:2:1: only a time: say what happens, or nothing",
		"== a\n1.x nothing":                       `x:2:1: "1.x" is no time: write seconds, as 0.25, at most 1000000`,
		"== a\n+1~2 < ACK":                        "x:2:1: only what we send (>) may come within a span of time",
		"== a\n+2~1 > ACK":                        "x:2:1: the span +2~1 ends before it begins",
		"== a\n0 jump":                            `x:2:3: "jump" is nothing that can happen: >, <, call, read, is, error, deadline, icmp, count, info, urgent, wake or nothing`,
		"== a\n0 call dance":                      `x:2:8: there is no call "dance": open, listen, write, urgent, close, abort, deafen, nodelay, delay, keepalive, usertimeout, tos or cookies; read stands without call`,
		"== a\n0 call write":                      "x:2:13: how many bytes? call write 100",
		"== a\n0 call write 5 6":                  `x:2:16: "6" is too much: write call write 100 = 60 when there is room for 60, or = EPIPE when there is an error`,
		"== a\n0 call write 5 = EGAD":             `x:2:18: "EGAD" is no error that a connection can end with: write its name, as ECONNRESET`,
		"== a\n0 is OPEN":                         `x:2:6: "OPEN" is no state: write it as RFC 9293 does, SYN-SENT or TIME-WAIT`,
		"== a\n  > SIN,ACK":                       `x:2:5: "SIN" is no flag: write some of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR with commas between them, or - for none`,
		"== a\n  > SYN,AC":                        `x:2:9: "AC" is no flag: write some of FIN, SYN, RST, PSH, ACK, URG, ECE, CWR with commas between them, or - for none`,
		"== a\n  >":                               "x:2:4: a segment has flags: > SYN,ACK; write - when it has none",
		"== a\n  > ACK sec=1":                     `x:2:9: "sec=1" is no field: write one of seq, ack, win, len, urg, tos, mss, sackok, ts, wscale, sack, options, then = and its value`,
		"== a\n  > ACK seq=1 seq=1":               "x:2:15: seq is written twice",
		"== a\n  > ACK seq=x":                     `x:2:13: "x" is no sequence number: write one relative to the initial one, 1 or -5, or an absolute one, @0`,
		"== a\n  > ACK win=65536":                 `x:2:13: "65536" does not do here: write a number from 0 to 65535`,
		"== a\n  > ACK options=01":                `x:2:17: "01" are no options: write up to 40 bytes in hexadecimal, a multiple of 4 of them, or none`,
		"== a\nstrict\n  > ACK seq=1 ack=1":       "x:3:3: under strict all fields have to be written: win is missing",
		"== a\n0 nothing\nset iss 1":              "x:3:1: set stands before the conversation's first line",
		"== a\nset ttl 1":                         `x:2:5: there is no setting "ttl": iss, irs, mtu, buffer, sendbuffer, backlog, segment, options or wake`,
		"== a\ncase b | < RST |":                  "x:2:17: an empty part: take the | away",
		"== a\ncase b":                            "x:2:1: a case has parts: case what it shows | < SYN seq=9 | > ACK",
		"== a\ncase b | < RST\n0 nothing":         "x:3:1: this stands behind a case: lines that all cases share stand above the first",
		"== a\n0 deadline +1~2":                   "x:2:12: a deadline is one time, not a span",
		"== a\n  < SYN mss=9 options=01010101":    "x:2:3: mss and options both say what the options are: write one of them",
		"== a\n  < SYN ts=any":                    "x:2:3: what arrives has a timestamp: write ts=700, or ts=+10 for 10 more than the peer's first",
		"== a\n  < SYN ts=1/x":                    `x:2:14: "x" is no timestamp: write 700, or +10 for 10 more than the first of that side, or any`,
		"== a\n  < SYN sackok=yes":                "x:2:16: sackok has no value: write sackok, or sackok=none",
		"== a\n  < ACK sack=1-2,7":                `x:2:18: "7" is no block: write 100-200, from the first byte to the one behind the last`,
		"== a\n  < ACK sack=1-2,3-4,5-6,7-8,9-10": "x:2:14: 5 blocks are too many: a SACK option has room for 4",
		"== a\n  < ACK ts=1 sack=1-2,3-4,5-6,7-8": "x:2:3: 48 bytes of options do not fit into a header, which has room for 40",
		"== a\n  < ACK tos=fast":                  `x:2:13: "fast" is no type of service: write a byte, 16 or 0x10, or one of notect, ect1, ect0, ce`,
		"== a\nset options sack,fec":              `x:2:18: there is no option "fec" to be agreed on: wscale, sack, ts, quickack, grow, ecn or noecn`,
		"== a\nset wake 1":                        "x:2:10: write set wake written: timers go off at the lines that say wake, and nowhere else",
		"== a\n1 wake":                            "x:2:3: the timers go off by themselves: set wake written stands before the first line when they are not to",
		"== a\n > ACK &":                          "x:2:8: & stands behind what happens to the connection, when the next line is to happen before it sends anything",
		"== a\n icmp rumour host seq=1":           `x:2:7: "rumour host" is no report that is made of a segment: write icmp unreachable net, host, protocol or port, icmp time exceeded, icmp parameter problem or icmp toobig 1300, then seq= of the segment`,
		"== a\n icmp toobig 1300 ack=1":           "x:2:19: a report is about a segment: write icmp unreachable net, host, protocol or port, icmp time exceeded, icmp parameter problem or icmp toobig 1300, then seq= of the segment",
		"== a\n count Sheep 1":                    `x:2:8: there is no counter "Sheep"`,
		"== a\n info weight 9":                    `x:2:7: info tells nothing of "weight": write one of backoff, cwnd, inflight, lost, minrtt, mss, rcvwnd, rto, sacked, sndwnd, srtt, ssthresh`,
		"== a\n call tos 256":                     `x:2:11: "256" is no type of service: write a byte, 16 or 0x10, or one of notect, ect1, ect0, ce`,
	} {
		_, err := Parse("x", src)
		var e *SyntaxError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%q:\n%v, not\n%s", src, err, want)
		}
	}
}

// TestFailure: what failed is told with all that went before, what was expected, what came, and the field.
func TestFailure(t *testing.T) {
	const src = `== an opening
0.000 call open
      > SYN seq=0 win=65535 mss=1460
0.010 < SYN,ACK seq=0 ack=1 win=10000 mss=1460
      > ACK seq=1 ack=2   # one too many
`
	scripts, err := Parse("x.tcp", src)
	if err != nil {
		t.Fatal(err)
	}
	const want = `x.tcp:5:7: in "an opening": > ACK seq=1 ack=2
   1     0.000000  call open
   2     0.000000    (CLOSED, then SYN-SENT)
   3     0.000000  > SYN seq=0 win=65535 len=0 mss=1460
   4     0.010000  < SYN,ACK seq=0 ack=1 win=10000 mss=1460
   5     0.010000    (SYN-SENT, then ESTABLISHED)
   6     0.010000  > ACK seq=1 ack=1 win=65535 len=0
expected  0.010000 > ACK seq=1 ack=2
came      0.010000 > ACK seq=1 ack=1 win=65535 len=0
differs   ack: 2 expected, 1 came`
	if got := scripts[0].Run(nil); got == nil || got.Error() != want {
		t.Errorf("%v\nnot\n%s", got, want)
	}
	for _, c := range []struct{ lines, want string }{
		{"0 call open", "nothing to be sent"}, // a SYN nobody told of
		{"0 call open\n > SYN\n+5 nothing", "nothing to be sent"},
		{"0 call open\n > SYN\n+0.5 > SYN", "0.500000 > SYN"},
		{"0 call open\n > SYN\n+5 > SYN", "5.000000 > SYN"},
		{"0 call open\n > SYN\n+0~0.9 > SYN", "0.000000~0.900000 > SYN"},
		{"0 call open\n > SYN win=1", "0.000000 > SYN win=1"},
		{"0 call open\n > SYN options=01010101", "0.000000 > SYN options=01010101"},
		{"strict\n0 call open\n > SYN seq=0 win=65535", "0.000000 > SYN seq=0 win=65535"},
		{"0 call open\n > SYN\n is LISTEN", "LISTEN"},
		{"0 call open\n > SYN\n error EPIPE", "EPIPE"},
		{"0 call open\n > SYN\n deadline +2", "to be woken at 2.000000"},
		{"0 call open\n > SYN\n deadline none", "to be woken never"},
		{"1 call open\n > SYN\n0 nothing", "a time that is not before 1.000000"},
		{"0 call abort", "a connection"},
	} {
		scripts, err := Parse("x", "== it\n"+c.lines)
		if err != nil {
			t.Fatal(err)
		}
		var f *Failure
		if err := scripts[0].Run(nil); !errors.As(err, &f) || f.Want != c.want {
			t.Errorf("%q: %v", c.lines, err)
		}
	}
}

// TestHolds: a conversation's chapters come before the file's.
func TestHolds(t *testing.T) {
	scripts, err := Parse("x", "chapters 5-\n== a\n== b\nchapters 5-8\n== c\nchapters 6\n")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for chapter := 4; chapter <= 9; chapter++ {
		for _, s := range scripts {
			if s.Holds(chapter) {
				got.WriteString(s.Name)
			}
		}
		got.WriteByte(' ')
	}
	if got.String() != " ab abc ab ab a " {
		t.Error(got.String())
	}
}

// FuzzParse: whatever is written is read or refused, never more; and what is read runs to an end.
func FuzzParse(f *testing.F) {
	f.Add("chapters 5-\n== a\nset iss 7\nstrict\n0 call open\n+1~2 > SYN seq=0 win=1 mss=2\n< SYN,ACK ack=1 options=01010101\ncall write 5 = EPIPE\nread EOF\nis LISTEN\nerror none\ndeadline +1\ncase x | +1 nothing")
	f.Add("== a\nset options wscale,sack,ts,ecn\nset wake written\n0 call open&\n< SYN,ACK ts=1/+0 sack=1-2,-3-4 wscale=9 sackok tos=ce\n1 wake\ncall urgent 3\nicmp toobig 600 seq=1\ncount Retransmits 1\ninfo srtt 1\nurgent none")
	f.Add("== a\n0 call listen\n< SYN seq=@9 urg=3 len=20\n> SYN,ACK\n< ACK len=9\nread 9\ncall close")
	f.Fuzz(func(t *testing.T, src string) {
		scripts, err := Parse("x", src)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Line < 1 || e.Col < 1 || e.Line > strings.Count(src, "\n")+1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		for _, s := range scripts[:min(len(scripts), 10)] {
			if len(s.lines) > 50 {
				continue
			}
			if err := s.Run(nil); err != nil && err.Error() == "" {
				t.Fatal("a failure without a word")
			}
		}
	})
}
