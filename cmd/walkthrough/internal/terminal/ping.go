package terminal

import (
	"context"
	"fmt"
	"go/token"
	"net/netip"

	"github.com/tsunagu/tsunagu/cmd/walkthrough/internal/msg"
)

// pings is how many requests :ping sends.
const pings = 4

func (w *Walk) cmdPing(ctx context.Context, arguments []string) error {
	return w.ask(ctx, "ping", arguments, fmt.Sprintf("Pings(there, %d, 56)", pings))
}

func (w *Walk) cmdTraceroute(ctx context.Context, arguments []string) error {
	return w.ask(ctx, "traceroute", arguments, "Traceroute(there)")
}

// ask has one of the reader's hosts make a call about another, there.
func (w *Walk) ask(ctx context.Context, command string, arguments []string, call string) error {
	src, ok := askSource(arguments, call)
	if !ok {
		w.note(msg.PingUsage, command)
		return nil
	}
	return w.look(ctx, src, msg.PingNobody)
}

// askSource is the Go that does what the arguments say: the host that asks, a variable or else the world's first; and whom
// it asks, an address, a host's variable, or a name with a dot in it, which the asking host's resolver looks up.
func askSource(arguments []string, call string) (src string, ok bool) {
	here := "world.Hosts()[0]"
	switch len(arguments) {
	case 1:
	case 2:
		if here = arguments[0]; !token.IsIdentifier(here) {
			return "", false
		}
	default:
		return "", false
	}
	to := arguments[len(arguments)-1]
	find := ""
	if addr, err := netip.ParseAddr(to); err == nil {
		find = fmt.Sprintf("netip.MustParseAddr(%q)", addr.String())
	} else if token.IsIdentifier(to) {
		find = to + ".Addr(0).Addr()"
	} else {
		return fmt.Sprintf(`if list, err := %[1]s.LookupHost(context.Background(), %[2]q); err != nil {
	fmt.Println(err)
} else {
	there := list[0]
	if answer, err := %[1]s.%[3]s; err != nil {
		fmt.Println(err)
	} else {
		fmt.Println(answer)
	}
}`, here, to, call), true
	}
	return fmt.Sprintf(`if there := %s; there.IsValid() {
	if answer, err := %s.%s; err != nil {
		fmt.Println(err)
	} else {
		fmt.Println(answer)
	}
}`, find, here, call), true
}
