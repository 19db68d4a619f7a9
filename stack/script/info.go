//go:build !before9

package script

import "fmt"

// informed compares what the connection tells of itself.
func (r *run) informed(l *line) error {
	if r.c == nil {
		return r.noConnection()
	}
	i := r.c.Info(r.now)
	got := map[string]string{
		"backoff": fmt.Sprint(i.Backoff), "cwnd": fmt.Sprint(i.Cwnd), "inflight": fmt.Sprint(i.InFlight),
		"lost": fmt.Sprint(i.Lost), "mss": fmt.Sprint(i.SendMSS), "rcvwnd": fmt.Sprint(i.ReceiveWindow),
		"sacked": fmt.Sprint(i.Sacked), "sndwnd": fmt.Sprint(i.SendWindow), "ssthresh": fmt.Sprint(i.Ssthresh),
		"minrtt": exact(i.MinRTT), "rto": exact(i.RTO), "srtt": exact(i.SRTT),
	}[l.call]
	if got != l.err {
		return r.fail(l.call+" "+l.err, l.call+" "+got, "info")
	}
	return nil
}
