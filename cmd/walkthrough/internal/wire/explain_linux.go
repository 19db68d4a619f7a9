package wire

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// stage is how far the command got before the system stood in its way.
type stage int

const (
	atStart   stage = iota // starting a copy in namespaces of its own
	atSecond               // making the second network namespace
	atCable                // making the pair of adapters
	atAdapter              // opening the packet socket
)

// system is what [explain] asks about the machine.
type system interface {
	setting(name string) string // value of a sysctl, "" when there is none
	filtered() bool             // whether a seccomp filter watches our system calls
}

// thisSystem is the machine that the program runs on.
type thisSystem struct{}

func (thisSystem) setting(name string) string {
	b, _ := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	return strings.TrimSpace(string(b))
}

func (thisSystem) filtered() bool {
	b, _ := os.ReadFile("/proc/self/status")
	return bytes.Contains(b, []byte("\nSeccomp:\t2"))
}

// settings that forbid namespaces, with the value by which they do, one by which they do not, and whether root may all
// the same.
var settings = []struct {
	name, forbids, allows string
	root                  bool
}{
	{"user.max_user_namespaces", "0", "15000", true},
	{"user.max_net_namespaces", "0", "15000", false},
	{"kernel.unprivileged_userns_clone", "0", "1", true},             // Debian and its relatives
	{"kernel.apparmor_restrict_unprivileged_userns", "1", "0", true}, // Ubuntu since 23.10
}

// explain makes of an error at some stage one that says what to do, if the system is the reason; others it passes on.
func explain(at stage, err error, sys system, t texts) error {
	if err == nil {
		return nil
	}
	refused := errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EUSERS)
	if refused {
		for _, s := range settings {
			if sys.setting(s.name) == s.forbids {
				text := t.of(bySetting, s.name, s.forbids, fmt.Sprintf("sudo sysctl -w %s=%s", s.name, s.allows))
				if s.root {
					text += "\n" + t.of(orRoot)
				}
				return forbidden(fmt.Sprintf("%s\n(%v)", text, err))
			}
		}
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EUSERS):
		return forbidden(t.of(byLimit, "user.max_user_namespaces, user.max_net_namespaces", err))
	case refused && sys.filtered():
		return forbidden(t.of(byFilter, err))
	case refused:
		return forbidden(t.of(byUnknown, err))
	case at <= atSecond && (errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS)):
		return forbidden(t.of(noNamespaces, err))
	case at == atCable && errors.Is(err, syscall.EOPNOTSUPP):
		return forbidden(t.of(noModule, "veth", err))
	case at == atAdapter && errors.Is(err, syscall.EAFNOSUPPORT):
		return forbidden(t.of(noModule, "af_packet", err))
	}
	return err
}
