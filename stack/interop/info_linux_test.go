//go:build !before11

package interop

import (
	"strconv"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

// TCPI_OPT_… of linux/tcp.h: what the kernel takes for agreed on.
const (
	infoTimestamps = 1 << 0
	infoSACK       = 1 << 1
	infoScale      = 1 << 2
	infoECN        = 1 << 3
)

// TestOptions has every combination of what either side can and wants, and asks the kernel what has been agreed on: what
// both have.
func TestOptions(t *testing.T) {
	t.Parallel()
	agreed := map[string]uint8{"timestamps": infoTimestamps, "sack": infoSACK, "window_scaling": infoScale}
	for kernels := range 8 {
		for ours := range 8 {
			if !*full && (kernels+3*ours)%4 != 0 && kernels != ours {
				continue
			}
			s, name := switched(kernels, ours) // ECN, the fourth, has a test of its own
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				eachRole(t, func(t *testing.T, who role) {
					var want uint8
					for i, w := range switches {
						if kernels&ours>>i&1 == 1 {
							want |= agreed[w.name]
						}
					}
					r := newRoom(t, s)
					c, k := r.connect(who)
					if got := r.info(k).Options & (infoTimestamps | infoSACK | infoScale); got != want {
						t.Errorf("the kernel has agreed on %04b, and it should be %04b (timestamps 1, SACK 10, scale 100)", got, want)
					}
					must(t, transfer(c, k, both, 200_000))
				})
			})
		}
	}
}

// TestECN has every combination of who asks for ECN and who answers.
func TestECN(t *testing.T) {
	t.Parallel()
	for kernels, kernelName := range []string{"off", "asks", "answers"} { // net.ipv4.tcp_ecn 0, 1, 2
		for oursName, mode := range map[string]tcp.ECNMode{"off": tcp.ECNOff, "ask": tcp.ECNRequest, "answer": tcp.ECNAnswer} {
			t.Run("kernel "+kernelName+", we "+oursName, func(t *testing.T) {
				t.Parallel()
				eachRole(t, func(t *testing.T, who role) {
					r := newRoom(t, setting{kernel: map[string]string{"ipv4.tcp_ecn": strconv.Itoa(kernels)}, ours: func(g *tcp.Config) { g.ECN = mode }})
					c, k := r.connect(who)
					asked := kernels == 1 && mode != tcp.ECNOff
					if who == weConnect {
						asked = mode == tcp.ECNRequest && kernels != 0
					}
					if got := r.info(k).Options&infoECN != 0; got != asked {
						t.Errorf("the kernel has agreed on ECN: %t; it should be %t", got, asked)
					}
					must(t, transfer(c, k, both, 200_000))
					marked := r.sawSegment(func(s segment) bool { return s.out && s.ip.TOS&3 != 0 })
					if marked != asked {
						t.Errorf("our packets say that they may be marked: %t; it should be %t", marked, asked)
					}
				})
			})
		}
	}
}

// TestNothingTwice sends in fine weather, and asks the kernel afterwards: nothing that we did made it believe in a loss, and
// nothing of ours came out of order. What a machine that is busy elsewhere makes it send again, by a timer, does not count.
func TestNothingTwice(t *testing.T) {
	timed(t)
	t.Parallel()
	for _, s := range []struct {
		name   string
		faults nic.Faults
	}{{"", nic.Faults{}}, {"far away", nic.Faults{Delay: 10e6}}} {
		for _, w := range ways {
			t.Run(string(w)+" "+s.name, func(t *testing.T) {
				t.Parallel()
				eachRole(t, func(t *testing.T, who role) {
					r := newRoom(t, setting{out: s.faults, in: s.faults})
					ours, kernels := r.connect(who)
					must(t, transferKeeping(ours, kernels, w, 3<<20))
					i := r.info(kernels)
					counts := r.kernel.counters()
					late := counts["TcpExtTCPLossProbes"] + counts["TcpExtTCPTimeouts"]
					if int(i.Total_retrans) > late || int(i.Dsack_dups) > late || i.Rcv_ooopack != 0 || counts["TcpExtPAWSEstab"] != 0 {
						t.Errorf("sent again %d, said to be doubled %d, by a timer %d; out of order %d, with old timestamps %d: %+v",
							i.Total_retrans, i.Dsack_dups, late, i.Rcv_ooopack, counts["TcpExtPAWSEstab"], i)
					}
					mine := r.Counters()
					ourLate := int(mine.Value("tcp.TLPProbes") + mine.Value("tcp.Timeouts"))
					if mine.Value("tcp.Retransmits") != 0 && ourLate == 0 {
						t.Errorf("we have sent again what nobody had lost:\n%v", mine)
					}
					for _, never := range []string{"FastRecoveries", "SegmentsLost", "PAWSDropped", "OutOfOrder", "OutOfWindow", "BeyondWindow", "SACKInvalid", "ChallengeACKs", "TimestampsMissing"} {
						if n := mine.Value("tcp." + never); n != 0 && late+ourLate == 0 {
							t.Errorf("%s: %d", never, n)
						}
					}
					if o, err := ours.TCPInfo(); err != nil || o.SACK != (i.Options&infoSACK != 0) || o.Timestamps != (i.Options&infoTimestamps != 0) || o.WindowScale != (i.Options&infoScale != 0) {
						t.Errorf("we say %+v, %v, the kernel %+v", o, err, i)
					}
					if i.Rto < 200_000 || i.Rtt == 0 || i.Snd_mss < 1000 || i.Rcv_mss < 500 && w != in {
						t.Errorf("odd: %+v", i)
					}
					t.Logf("RTT %d µs, cwnd %d, our segments in %d", i.Rtt, i.Snd_cwnd, i.Segs_in)
				})
			})
		}
	}
}

// transferKeeping is transfer without the ends, so that the kernel's socket can be asked.
func transferKeeping(ours, kernels half, w way, n int64) error {
	failed := make(chan error, 3)
	if w != in {
		go func() { failed <- send(ours, n) }()
		go func() { failed <- receive(kernels, n) }()
	}
	if w != out {
		go func() { failed <- send(kernels, n) }()
		go func() { failed <- receive(ours, n) }()
	}
	var err error
	for range map[way]int{out: 2, in: 2, both: 4}[w] {
		if e := <-failed; e != nil && err == nil {
			err = e
		}
	}
	return err
}

// TestMarks has a router on the way mark packets instead of dropping them. Both sides hear of it, both go slower, and nothing
// has to be sent twice.
func TestMarks(t *testing.T) {
	t.Parallel()
	eachRole(t, func(t *testing.T, who role) {
		f := nic.Faults{Mark: 0.02, Delay: time.Millisecond}
		r := newRoom(t, setting{kernel: map[string]string{"ipv4.tcp_ecn": "1"}, ours: func(g *tcp.Config) { g.ECN = tcp.ECNRequest }, out: f, in: f, seed: seedOf(t)})
		ours, kernels := r.connect(who)
		must(t, transferKeeping(ours, kernels, both, 2<<20))
		i, counts := r.info(kernels), r.kernel.counters()
		late := counts["TcpExtTCPLossProbes"] + counts["TcpExtTCPTimeouts"]
		if i.Received_ce == 0 || i.Delivered_ce == 0 || int(i.Total_retrans) > late {
			t.Errorf("the kernel saw %d marks, heard of %d, sent again %d (by a timer %d)", i.Received_ce, i.Delivered_ce, i.Total_retrans, late)
		}
		out, in := r.faulty.Counts()
		if out.Marked == 0 || in.Marked == 0 {
			t.Errorf("marked %d and %d packets", out.Marked, in.Marked)
		}
		o, err := ours.TCPInfo()
		must(t, err)
		t.Logf("ours: %+v", o)
	})
}
