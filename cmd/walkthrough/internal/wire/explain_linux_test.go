package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// machine is a system made up.
type machine struct {
	settings map[string]string
	filter   bool
}

func (m machine) setting(name string) string { return m.settings[name] }
func (m machine) filtered() bool             { return m.filter }

func TestExplain(t *testing.T) {
	setting := func(name, value string) machine { return machine{settings: map[string]string{name: value}} }
	for name, test := range map[string]struct {
		at   stage
		err  error
		sys  machine
		want []string // what the sentence must contain, in every language
	}{
		"no user namespaces allowed": {
			atStart, &os.PathError{Op: "fork/exec", Path: "/proc/self/exe", Err: syscall.ENOSPC},
			setting("user.max_user_namespaces", "0"),
			[]string{"user.max_user_namespaces", "sudo sysctl -w user.max_user_namespaces=15000", "no space left"},
		},
		"no network namespaces allowed": {
			atSecond, os.NewSyscallError("unshare", syscall.ENOSPC), setting("user.max_net_namespaces", "0"),
			[]string{"sudo sysctl -w user.max_net_namespaces=15000"},
		},
		"Debian's switch": {
			atStart, syscall.EPERM, setting("kernel.unprivileged_userns_clone", "0"),
			[]string{"sudo sysctl -w kernel.unprivileged_userns_clone=1"},
		},
		"Ubuntu's switch, at the start": {
			atStart, syscall.EACCES, setting("kernel.apparmor_restrict_unprivileged_userns", "1"),
			[]string{"sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		},
		"Ubuntu's switch, once inside": {
			atCable, fmt.Errorf("a pair of adapters: %w", syscall.EPERM), setting("kernel.apparmor_restrict_unprivileged_userns", "1"),
			[]string{"sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		},
		"a container's filter": {
			atStart, syscall.EPERM, machine{filter: true}, []string{"seccomp", "--privileged"},
		},
		"used up":           {atStart, syscall.ENOSPC, machine{}, []string{"sysctl user"}},
		"nobody says why":   {atAdapter, syscall.EPERM, machine{}, []string{"root"}},
		"built without":     {atStart, syscall.EINVAL, machine{}, []string{"CONFIG_USER_NS"}},
		"no veth":           {atCable, syscall.EOPNOTSUPP, machine{}, []string{"sudo modprobe veth"}},
		"no packet sockets": {atAdapter, syscall.EAFNOSUPPORT, machine{}, []string{"sudo modprobe af_packet"}},
	} {
		for _, lang := range []string{"en", "ja", "ko"} {
			got := explain(test.at, test.err, test.sys, textsFor(lang))
			if !errors.Is(got, ErrForbidden) {
				t.Errorf("%s, %s: %v is not ErrForbidden", name, lang, got)
				continue
			}
			for _, want := range test.want {
				if !strings.Contains(got.Error(), want) {
					t.Errorf("%s, %s: %q does not say %q", name, lang, got, want)
				}
			}
			if strings.Contains(got.Error(), "%!") {
				t.Errorf("%s, %s: %q", name, lang, got)
			}
		}
	}
}

func TestExplainPassesOn(t *testing.T) {
	for _, err := range []error{nil, io.ErrUnexpectedEOF, syscall.EEXIST} {
		if got := explain(atCable, err, machine{}, english); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestOutcomeTravels(t *testing.T) {
	for _, err := range []error{nil, errors.New("lost"), forbidden("switch it on")} {
		got := outcomeOf(err).err()
		if errors.Is(err, ErrForbidden) != errors.Is(got, ErrForbidden) || fmt.Sprint(err) != fmt.Sprint(got) {
			t.Errorf("%v became %v", err, got)
		}
	}
}
