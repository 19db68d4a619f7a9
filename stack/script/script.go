//go:build !before4

package script

import (
	"strings"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// Script is one conversation, or one case of a table of them.
type Script struct {
	File string // where it comes from, for messages
	Line int    // where it begins
	Name string

	// First and Last are the chapters whose stack it holds for; 0: no bound.
	First, Last int

	strict bool
	set    settings
	lines  []line
}

// Holds says whether the script is meant for the stack as of a chapter.
func (s *Script) Holds(chapter int) bool {
	return (s.First == 0 || chapter >= s.First) && (s.Last == 0 || chapter <= s.Last)
}

// settings is what stands before a conversation's first line.
type settings struct {
	iss, irs           header.Seq
	mtu                int
	buffer, sendBuffer int // 0: what the stack takes by itself
	segmentMax         int
	backlog            int // how many connections may wait to be accepted
	options            options
	wake               bool // timers go off at the lines that say so, and nowhere else
}

// options is what our side offers or accepts of what may be agreed on.
type options struct {
	scale, sack, timestamps bool
	quick, grow             bool
	ecn                     tcp.ECNMode
}

func (o options) agree(g *tcp.Config) {
	g.NoWindowScale, g.NoSACK, g.NoTimestamps, g.ECN = !o.scale, !o.sack, !o.timestamps, o.ecn
	g.NoQuickACK, g.ReceiveMax, g.SendMax = !o.quick, 0, 0
	if !o.grow {
		g.ReceiveMax, g.SendMax = 1, 1
	}
}

// agreed is agree the other way round.
func (o *options) agreed(g *tcp.Config) {
	*o = options{scale: !g.NoWindowScale, sack: !g.NoSACK, timestamps: !g.NoTimestamps, ecn: g.ECN, quick: !g.NoQuickACK, grow: g.ReceiveMax == 0}
}

func (o options) String() string {
	var list []string
	for i, there := range []bool{o.scale, o.sack, o.timestamps, o.quick, o.grow, o.ecn == tcp.ECNRequest, o.ecn == tcp.ECNOff} {
		if there {
			list = append(list, []string{"wscale", "sack", "ts", "quickack", "grow", "ecn", "noecn"}[i])
		}
	}
	return strings.Join(list, ",")
}

// verb is what a line does.
type verb uint8

const (
	verbNothing  verb = iota
	verbSend          // >
	verbArrive        // <
	verbCall          // call
	verbRead          // read
	verbIs            // is
	verbError         // error
	verbDeadline      // deadline
	verbWake          // wake
	verbICMP          // icmp
	verbCount         // count
	verbInfo          // info
	verbUrgent        // urgent
)

// line is one line of a script, or one part of a case.
type line struct {
	number, col int
	text        string // as it was written
	verb        verb
	from, to    moment // when; to is from unless a range was written

	segment segment       // > and <, icmp: its sequence number
	more    bool          // &: the next line happens before the connection is asked for segments
	call    string        // call; icmp: which; count, info: of what
	n       int           // call write, read, count, tos: how many bytes, or what value
	span    time.Duration // call keepalive, usertimeout
	result  int           // call write: how many there is room for
	err     string        // call write, read, error: the error's name, EOF, none or nothing; info: the value
	state   tcp.State     // is
	due     moment        // deadline
}

// moment is a time as it is written: absolute, or counted from the line before.
type moment struct {
	relative bool
	at       time.Duration
}

func (m moment) after(last time.Duration) time.Duration {
	if m.relative {
		return last + m.at
	}
	return m.at
}
