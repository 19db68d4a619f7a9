package symbols

import (
	"strings"
	"testing"
)

func TestNothingOfTheMachine(t *testing.T) {
	for key, names := range Symbols {
		for name := range names {
			full := key[:strings.LastIndex(key, "/")] + "." + name
			switch {
			case strings.HasPrefix(key, "os/"), strings.HasPrefix(key, "reflect/"), strings.HasPrefix(key, "unsafe/"), strings.HasPrefix(key, "runtime/"):
				t.Errorf("cells can name %s", full)
			case key == "syscall/syscall" && !strings.HasPrefix(name, "E"):
				t.Errorf("cells can name %s", full)
			}
		}
	}
	for _, name := range []string{
		"Dial", "DialTimeout", "Dialer", "Listen", "ListenPacket", "ListenConfig", "ListenTCP", "Resolver", "DefaultResolver",
		"LookupHost", "ResolveTCPAddr", "FileConn", "Interfaces", "InterfaceAddrs", "DialTCP", "TCPConn", "TCPListener", "UnixConn",
	} {
		if _, ok := Symbols["net/net"][name]; ok {
			t.Errorf("cells can name net.%s", name)
		}
	}
	for _, name := range []string{"Conn", "Listener", "PacketConn", "ErrClosed", "Pipe", "TCPAddr", "UDPAddr", "OpError", "Error"} {
		if _, ok := Symbols["net/net"][name]; !ok {
			t.Errorf("cells cannot name net.%s", name)
		}
	}
}

func TestDocs(t *testing.T) {
	docs := Docs()["github.com/tsunagu/tsunagu/stack"]
	if e := docs["Stack.Socket"]; !strings.HasPrefix(e.Signature, "func (s *Stack) Socket(") || e.Text == "" {
		t.Errorf("%+v", e)
	}
	if !strings.HasPrefix(docs[""].Signature, "package stack") {
		t.Errorf("%+v", docs[""])
	}
}

func TestMapTypes(t *testing.T) {
	for f := range MapTypes() {
		if !f.IsValid() {
			t.Error("a function of fmt is not there")
		}
	}
}
