//go:build !before7 && before9

package tcp_test

import (
	"math/rand/v2"

	"github.com/tsunagu/tsunagu/stack/tcp"
)

func drawWeather(*rand.Rand, *tcp.Config) {}
