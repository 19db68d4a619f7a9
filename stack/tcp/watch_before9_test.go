//go:build !before7 && before9

package tcp

func checkWeather(*Conn) error { return nil }

func (c *Conn) underWatch() bool { return c.timers.running(timerRetransmit) }

func weatherString(*Conn) string { return "" }

func windowUnit(c *Conn) (unit, most int) { return 1, c.receive.Limit() }
