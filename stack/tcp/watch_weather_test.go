//go:build !before9

package tcp

import "fmt"

// checkWeather: the congestion window is a segment at least, and what it counts is what there is.
func checkWeather(c *Conn) error {
	if c.congestion.control == nil {
		return nil
	}
	if w := c.congestion.window; w.Cwnd < min(w.MSS, c.mss) || w.Ssthresh < min(w.MSS, c.mss) {
		return fmt.Errorf("the congestion window is %+v, the MSS %d", w, c.mss)
	}
	if n := c.pipe(); n < 0 {
		return fmt.Errorf("%d bytes are under way", n)
	}
	return nil
}

// underWatch says whether a timer runs for what is under way.
func (c *Conn) underWatch() bool { return c.timers.running(timerRetransmit) }

func weatherString(c *Conn) string {
	return fmt.Sprintf(", window %+v, recovery %+v", c.congestion.window, c.recovery)
}

// windowUnit is what the window we tell is a multiple of, and the largest receive buffer there may be.
func windowUnit(c *Conn) (unit, most int) { return 1 << c.options.scale.rcv, c.receiveTop() }
