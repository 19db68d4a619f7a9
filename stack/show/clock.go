package show

import (
	"strconv"
	"time"

	"github.com/tsunagu/tsunagu/stack/trace"
)

// clock writes the times of one picture, all in the same unit and with as many decimals as any of them needs.
type clock struct {
	unit     string
	decimals int
}

// clockOf chooses milliseconds, with at most three decimals.
func clockOf(events trace.Events) clock {
	c := clock{unit: "ms"}
	for _, e := range events {
		switch us := e.At.Round(time.Microsecond).Microseconds(); {
		case us%10 != 0:
			c.decimals = 3
		case us%100 != 0:
			c.decimals = max(c.decimals, 2)
		case us%1000 != 0:
			c.decimals = max(c.decimals, 1)
		}
	}
	return c
}

// text writes a time; one that is not known is empty.
func (c clock) text(at time.Duration) string {
	if at < 0 {
		return ""
	}
	return strconv.FormatFloat(float64(at)/float64(time.Millisecond), 'f', c.decimals, 64)
}
