//go:build !before7 && before9

package tcp_test

import (
	"math/rand/v2"
	"time"

	"github.com/tsunagu/tsunagu/stack/header"
	"github.com/tsunagu/tsunagu/stack/tcp"
)

func drawWeather(*rand.Rand, *tcp.Config) {}

func drawNarrow(*rand.Rand, *line) {}

func (e *end) tooLarge(time.Duration, header.Seq, int) {}

// talkative: until chapter 9 all that was under way goes out again when the timer goes off.
const talkative = 50
