//go:build !before11

package interop

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tsunagu/tsunagu/stack/nic"
	"github.com/tsunagu/tsunagu/stack/trace"
)

// pageSize is how large the page is that the programs fetch.
const pageSize = 3<<20 + 77

func page() []byte {
	b := make([]byte, 0, pageSize)
	for len(b) < pageSize {
		b = append(b, pattern()[:min(pageSize-len(b), len(pattern())/2)]...)
	}
	return b
}

// serve has net/http's server serve the page on a listener, and take pages that are put there.
func serve(t *testing.T, l net.Listener) {
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			h := sha256.New()
			n, err := io.Copy(h, r.Body)
			fmt.Fprintf(w, "%x %d %v", h.Sum(nil), n, err)
			return
		}
		http.ServeContent(w, r, "page.bin", time.Time{}, strings.NewReader(string(page())))
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
}

// wantPage compares a body with the page.
func wantPage(t *testing.T, body []byte) {
	t.Helper()
	if got, want := sha256.Sum256(body), sha256.Sum256(page()); got != want {
		t.Errorf("%d bytes with the SHA-256 %x; the page has %d and %x", len(body), got, pageSize, want)
	}
}

var peerWeathers = map[string]nic.Faults{
	"fine":    {},
	"weather": {Loss: 0.01, Reorder: 0.01, Duplicate: 0.01, Delay: time.Millisecond, Late: 2 * time.Millisecond},
}

// TestCurl has curl fetch a page from net/http's server on our stack, and put one there.
func TestCurl(t *testing.T) {
	t.Parallel()
	for name, f := range peerWeathers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, setting{unseen: true, out: f, in: f, seed: seedOf(t)})
			serve(t, r.listen(80))
			url := "http://" + ourPrefix.Addr().String() + "/page.bin"
			body := r.kernel.run("curl", "--silent", "--show-error", "--fail", "--max-time", "90", url)
			wantPage(t, body)
			if f == (nic.Faults{}) { // three pages by one connection
				if body = r.kernel.run("curl", "--silent", "--show-error", "--fail", "--max-time", "90", url, url, url); len(body) != 3*pageSize {
					t.Errorf("three pages have %d bytes", len(body))
				}
				wantPage(t, body[:min(len(body), pageSize)])
			}
			file := filepath.Join(t.TempDir(), "page.bin")
			must(t, os.WriteFile(file, page(), 0o600))
			answer := string(r.kernel.run("curl", "--silent", "--show-error", "--fail", "--max-time", "90", "--upload-file", file, url))
			if want := fmt.Sprintf("%x %d <nil>", sha256.Sum256(page()), pageSize); answer != want {
				t.Errorf("put there: %s, and it was %s", answer, want)
			}
		})
	}
}

// fetch fetches the page by net/http's client on our stack, several times by the same connection.
func (r *room) fetch(port uint16) {
	r.t.Helper()
	transport := &http.Transport{DialContext: r.DialContext}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	for range 3 {
		answer, err := client.Get(fmt.Sprintf("http://%v/page.bin", netip.AddrPortFrom(kernelPrefix.Addr(), port)))
		must(r.t, err)
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		must(r.t, err)
		if answer.StatusCode != http.StatusOK {
			r.t.Fatal(answer.Status)
		}
		wantPage(r.t.(*testing.T), body)
	}
}

// serving waits until somebody listens at a port of the kernel's.
func (r *room) serving(port uint16) {
	r.t.Helper()
	any := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	nobody := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	r.until("the server listens", func() bool { return r.kernelState(any, nobody) == "LISTEN" })
}

// TestNginx fetches a page that nginx serves.
func TestNginx(t *testing.T) {
	t.Parallel()
	for name, f := range peerWeathers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, setting{unseen: true, out: f, in: f, seed: seedOf(t)})
			folder := t.TempDir()
			must(t, os.WriteFile(filepath.Join(folder, "page.bin"), page(), 0o644))
			config := filepath.Join(folder, "nginx.conf")
			must(t, os.WriteFile(config, []byte(fmt.Sprintf(`
user root root; daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
  access_log off; sendfile on; tcp_nopush on;
  client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
  server { listen 8080; root %[1]s; }
}`, folder)), 0o600))
			r.kernel.start("nginx", "-c", config, "-p", folder, "-e", filepath.Join(folder, "error.log"))
			r.serving(8080)
			r.fetch(8080)
		})
	}
}

// TestPython fetches a page that Python's server serves, which closes after each.
func TestPython(t *testing.T) {
	t.Parallel()
	r := newRoom(t, setting{unseen: true})
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "page.bin"), page(), 0o644))
	r.kernel.start("python3", "-m", "http.server", "--directory", folder, "8000")
	r.serving(8000)
	r.fetch(8000)
}

// TestTshark has somebody else's eyes look over a transfer in bad weather: no frame of ours is malformed or has a wrong
// checksum, and nothing we sent is called anything worse than a retransmission.
func TestTshark(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip(err)
	}
	eachRole(t, func(t *testing.T, who role) {
		f := nic.Faults{Loss: 0.02, Reorder: 0.02, Duplicate: 0.02, Corrupt: 0.01, Delay: 2 * time.Millisecond}
		r := newRoom(t, setting{out: f, in: f, seed: seedOf(t)})
		ours, kernels := r.connect(who)
		must(t, transfer(ours, kernels, both, 400_000))
		must(t, ours.Close(), kernels.Close())
		r.gone(ours)
		name := filepath.Join(t.TempDir(), "capture.pcapng")
		file, err := os.Create(name)
		must(t, err)
		sent := r.record.events().Of(trace.Send) // what arrives has been corrupted on purpose
		must(t, trace.WriteCapture(file, sent, r.epoch), file.Close())
		found := func(filter string) string {
			out, err := exec.Command("tshark", "-n", "-r", name, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", filter).Output()
			must(t, err)
			return string(out)
		}
		if bad := found(`_ws.malformed || _ws.expert.severity == "Error" || tcp.checksum.status == 0 || ip.checksum.status == 0`); bad != "" {
			t.Errorf("tshark finds:\n%s", bad)
		}
		if all := strings.Count(found("tcp.checksum.status == 1"), "\n"); all == 0 || all > len(sent) {
			t.Errorf("tshark finds %d good checksums in %d frames", all, len(sent))
		}
	})
}
